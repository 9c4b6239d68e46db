export default {
  name: 'Picture',
  morphTo: ['pictured'],
  attributes: { file: { validation: { rule: 'string' } } },
}
