export default {
  name: 'Tag',
  morphedByMany: { publishers: { model: 'Publisher', morphName: 'taggable' } },
  belongsToMany: ['Book'],
  attributes: { label: { unique: true } },
}
