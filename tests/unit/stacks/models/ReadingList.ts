import { v } from 'ts-validation'
export default {
  name: 'ReadingList',
  belongsToMany: { books: { model: 'Book', table: 'listings', foreignKey: 'listing_id', relatedKey: 'book_id', pivot: { columns: { listing_type: { default: 'lists' }, place: {} } } } },
  attributes: {
    name: { validation: { rule: v.string().min(3).required() } },
    items: { validation: { rule: v.array().of(v.string().min(1)) } },
  },
}
