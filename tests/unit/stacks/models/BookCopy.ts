import type { Model } from '@stacksjs/types'
import { schema as s } from '@stacksjs/validation'

export default {
  name: 'BookCopy',
  table: 'book_copies',
  belongsTo: [
    { model: 'Book', foreignKey: 'bookId', relationName: 'work', onDelete: 'cascade', onUpdate: 'restrict' },
    { model: 'Branch', onDelete: 'set null' },
  ],
  hasMany: [{ model: 'Loan', orderBy: '-dueAt', owned: true }],
  hasOneThrough: [{ model: 'Publisher', through: 'Book', throughForeignKey: 'book_id' }],
  traits: { timestampable: { createdAt: 'boughtAt', updatedAt: 'touched_at' }, softDeletable: { deletedAt: 'withdrawn_at' } },
  attributes: {
    barcode: { fillable: true, unique: true, validation: { rule: s.string().length(9).required() } },
    condition: { fillable: true, validation: 'required|enum:fine,worn,poor' },
    weight: { validation: { rule: 'numeric|min:1|max:4.5' } },
  },
} satisfies Model
