import { defineModel } from '@stacksjs/orm'
import { schema } from '@stacksjs/validation'
import { ISBN, LANGUAGES, LIMITS, NOTE, SHARED, TITLE_MAX } from './constants'

const FORMATS = ['hardback', 'paperback']
const GRADES = [{ id: 1, label: 'fine' }, { id: 2, label: 'worn' }]

export default defineModel({
  name: 'Book',
  table: 'books',
  description: 'What is written, as against a copy of it',
  primaryKey: 'id',
  autoIncrement: true,
  traits: {
    useUuid: true,
    useTimestamps: true,
    useSearch: { displayable: ['title'], searchable: ['title'], sortable: ['title'], filterable: ['language'] },
    useSeeder: { count: 30, fixtures: [{ title: 'Atlas' }] },
    useApi: { uri: 'books', routes: ['index', 'show'], middleware: { read: ['guest'], write: ['auth'] } },
    observe: ['created'],
    commentable: true,
    billable: false,
  },
  hasMany: ['BookCopy'],
  belongsTo: ['Publisher'],
  hasOne: ['Cover'],
  indexes: [
    { name: 'books_publisher_language', columns: ['publisher_id', 'language'] },
    { name: 'books_isbn', columns: ['isbn'], unique: true, where: { language: 'en' } },
  ],
  attributes: {
    title: {
      fillable: true,
      required: true,
      order: 1,
      comment: 'as on the spine',
      validation: {
        rule: schema.string().required().min(1).max(TITLE_MAX),
        message: { required: 'A book has a title', max: `At most ${TITLE_MAX} characters` },
      },
      factory: faker => faker.book.title(),
    },
    isbn: {
      unique: true,
      fillable: true,
      validation: { rule: schema.string().matches(ISBN).required() },
      factory: (faker) => faker.commerce.isbn({ variant: 13, separator: '' }),
    },
    language: {
      ...SHARED,
      default: LANGUAGES[0],
      validation: { rule: schema.enum(LANGUAGES) },
      factory: ({ helpers }) => helpers.arrayElement([...LANGUAGES]),
    },
    format: {
      default: 'paperback',
      validation: { rule: schema.required().enum([...FORMATS, 'audio']) },
      factory: faker => { return faker.helpers.arrayElement(FORMATS) },
    },
    publisherId: { validation: { rule: schema.number() } },
    pageCount: { nullable: true, type: 'integer', default: 0, factory: faker => faker.number.int({ min: 1, max: 900 }) },
    shelfMark: { guarded: true, encrypted: true, cast: 'string', factory: () => `${NOTE}: ${FORMATS.length}` },
    grades: { default: GRADES.map((grade, place) => ({ value: grade.id, place })), validation: { rule: schema.json() } },
    fine: { default: LIMITS.fine, validation: { rule: schema.float().min(-1.5).max(LIMITS.nested.days[2]) } },
    addedAt: { foreignKey: false, validation: { rule: schema.timestampTz() }, factory: faker => faker.date.past().toISOString().slice(0, 19) },
    cover_url: { required: false, validation: { rule: schema.string().url() }, factory: () => JSON.stringify({ a: 1 }) },
  },
  get: {
    spine: (book: any) => `${book.title} ${book.isbn}`,
    shortTitle(book) { return book.title.slice(0, 10) },
  },
  set: {
    title: async (book: any) => book.title.trim(),
  },
  scopes: { inPrint: (query: any) => query.where('format', '!=', 'audio') },
  dashboard: { highlight: true, icon: 'book', label: 'Books' },
} as const)
