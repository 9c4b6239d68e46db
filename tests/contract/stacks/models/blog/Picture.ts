export default {
  name: 'Picture',
  table: 'pictures',
  morphTo: { picturable: { type: 'picturable_type', id: 'picturable_id' } },
  attributes: { path: { fillable: true, validation: { rule: 'string|required|ends_with:.png,.jpg' } } },
}
