"""What OpenTelemetry is told of every call: a span, how long it took, what it consumed."""

from orm.driver.telemetry.driver import traced, traced_attempts

__all__ = ["traced", "traced_attempts"]
