import { schema } from '@stacksjs/validation'

export default {
  name: 'Comment',
  table: 'comments',
  traits: { useTimestamps: true, useSoftDeletes: true },
  morphTo: ['commentable'],
  belongsTo: { Writer: 'User' },
  attributes: {
    body: { fillable: true, required: true, validation: { rule: schema.string().min(1).max(2000) } },
    status: { fillable: true, default: 'pending', validation: { rule: schema.enum(['pending', 'shown', 'spam']) } },
    pinned: { guarded: true, default: false, validation: { rule: schema.boolean() } },
  },
  indexes: [{ name: 'comments_status', columns: ['status'] }],
}
