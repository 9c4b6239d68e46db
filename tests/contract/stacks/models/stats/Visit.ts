import type { Model } from '@stacksjs/types'

const PREFIX = 'VISIT'

const Visit: Model = {
  name: 'Visit',
  primaryKey: ['siteId', 'at'],
  dynamodb: {
    pk: (v: any) => `SITE#${v.siteId}`,
    sk: (v: any) => `${PREFIX}#${v.at}`,
    gsi1pk: (v: any) => `PAGE#${v.siteId}#${v.path}`,
    gsi1sk: ({ at }: any) => `${PREFIX}#` + at,
  },
  indexes: [{ name: 'visits_page', columns: ['site_id', 'path', 'at'] }],
  traits: { useTtl: { attributeName: 'expires_at' } },
  attributes: {
    siteId: { fillable: true, validation: { rule: 'string|required' } },
    at: { fillable: true, cast: 'datetime', required: true },
    path: { fillable: true, validation: { rule: 'string|starts_with:/' } },
    seconds: { fillable: true, default: 0, validation: { rule: 'number|min:0' } },
  },
}

export default Visit
