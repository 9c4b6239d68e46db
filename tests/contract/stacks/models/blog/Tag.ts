import { v } from 'ts-validation'

export default {
  name: 'Tag',
  table: 'tags',
  belongsToMany: {
    posts: { model: 'Post', table: 'taggables', foreignKey: 'tag_id', relatedKey: 'taggable_id', pivot: { columns: { taggable_type: { default: 'posts' } } } },
    products: { model: 'Product', table: 'taggables', foreignKey: 'tag_id', relatedKey: 'taggable_id', pivot: { columns: { taggable_type: { default: 'products' } } } },
  },
  attributes: {
    label: { fillable: true, unique: true, casefold: true, validation: { rule: v.string().min(2).max(30).required() }, factory: faker => faker.word.noun() },
  },
}
