const NAME = 'Publisher'
export default (<const>{
  name: NAME,
  hasMany: 'Book',
  morphMany: ['Comment'],
  morphToMany: [{ model: 'Tag', morphName: 'taggable' }],
  traits: { taggable: true, categorizable: true, commentables: true, likeable: true, useActivityLog: true, sharding: { count: 4 } },
  attributes: { name: { fillable: true } },
})
