import type { Model } from '@stacksjs/types'
const KIND = 'VISIT'
export default {
  name: 'Visit',
  primaryKey: ['branchId', 'at'],
  dynamodb: {
    pk: (v: any) => `BRANCH#${v.branchId}`,
    sk: (v: any) => `${KIND}#${String(v.at)}`,
    gsi1pk: ({ memberId }: any) => 'MEMBER#' + memberId,
    gsi1sk: (v) => { return `VISIT#${v['at'].toString()}` },
    gsi2pk: 'VISITS',
  },
  traits: { useTtl: { attributeName: 'forgetAt', days: 30 }, useTimestamps: false },
  attributes: {
    branchId: { fillable: true, validation: { rule: 'string|required' } },
    at: { fillable: true, cast: 'datetime' },
    memberId: { fillable: true, guarded: false },
  },
} satisfies Model
