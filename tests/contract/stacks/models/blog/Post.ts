import type { Model } from '@stacksjs/types'
import { schema } from '@stacksjs/validation'

export default {
  name: 'Post',
  table: 'posts',
  primaryKey: 'id',
  autoIncrement: true,
  traits: { useUuid: true, useTimestamps: true, useSoftDeletes: { deletedAt: 'binnedAt' }, commentable: true, taggable: true },
  belongsTo: { Author: 'User' },
  belongsToMany: {
    tags: {
      model: 'Tag',
      table: 'taggables',
      foreignKey: 'taggable_id',
      relatedKey: 'tag_id',
      pivot: { columns: { taggable_type: { default: 'posts' } }, timestamps: true },
    },
  },
  morphMany: [{ model: 'Comment', morphName: 'commentable' }],
  morphToMany: [{ model: 'Category', morphName: 'categorizable' }],
  indexes: [
    { name: 'posts_status_published', columns: ['status', 'published_at'] },
    { name: 'posts_author_title', columns: ['author_id', 'title'] },
  ],
  attributes: {
    title: {
      required: true,
      order: 1,
      fillable: true,
      validation: {
        rule: schema.string().minLength(3).maxLength(255),
        message: { minLength: 'Title must have a minimum of 3 characters' },
      },
      factory: faker => faker.lorem.sentence(),
    },
    body: { required: true, fillable: true, validation: { rule: schema.string().min(10) }, factory: faker => faker.lorem.paragraphs(3) },
    status: { fillable: true, default: 'draft', validation: { rule: schema.enum(['draft', 'live']) } },
    views: { fillable: true, default: 0, validation: { rule: schema.number().min(0) }, factory: faker => faker.number.int({ min: 0, max: 1000 }) },
    published_at: { fillable: true, default: 0, validation: { rule: schema.timestamp() } },
  },
} satisfies Model
