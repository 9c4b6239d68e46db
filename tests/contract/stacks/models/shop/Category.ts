export default {
  name: 'Category',
  table: 'categories',
  belongsTo: [{ model: 'Category', relationName: 'parent', foreignKey: 'parent_id' }],
  hasMany: [{ model: 'Category', relationName: 'children', foreignKey: 'parent_id' }],
  morphedByMany: { products: { model: 'Product', morphName: 'categorizable' }, posts: { model: 'Post', morphName: 'categorizable' } },
  attributes: {
    name: { fillable: true, unique: true, validation: { rule: 'string|required|max:60' } },
  },
}
