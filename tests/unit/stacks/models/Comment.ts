export default {
  name: 'Comment',
  morphTo: { commentable: { type: 'subject_type', id: 'subject_id' } },
  belongsTo: { Writer: 'Member' },
  attributes: { body: { fillable: true, validation: { rule: 'string|required' } } },
}
