"""What an entity is, however it was declared: as a class, a dict or a Stacks model file."""

from orm.definitions.entity import (
    AttributeDefinition,
    EntityDefinition,
    FactoryDefinition,
    IndexDefinition,
    KeyTemplate,
    Kind,
    PatternDefinition,
    PivotDefinition,
    Reference,
    RelationDefinition,
    RelationKind,
    RuleCall,
    Traits,
    Unresolved,
)

__all__ = [
    "AttributeDefinition",
    "EntityDefinition",
    "FactoryDefinition",
    "IndexDefinition",
    "KeyTemplate",
    "Kind",
    "PatternDefinition",
    "PivotDefinition",
    "Reference",
    "RelationDefinition",
    "RelationKind",
    "RuleCall",
    "Traits",
    "Unresolved",
]
