"""What an entity is, however it was declared: as a class, a dict or a Stacks model file."""

from orm.definitions.declare import define, extend
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
from orm.definitions.errors import DefinitionError
from orm.definitions.source import Source

__all__ = [
    "AttributeDefinition",
    "DefinitionError",
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
    "Source",
    "Traits",
    "Unresolved",
    "define",
    "extend",
]
