// What several models of the lending library share.
export const ISBN = /^97[89]-?\d{10}$/
export const TITLE_MAX = 200
export const LANGUAGES = ['en', 'cy', 'gd'] as const
export const LIMITS = { loans: 12, fine: -0.5, nested: { days: [7, 14, 28] } }
const privateNote = 'kept here'
export { privateNote as NOTE }
export function shout(text: string) { return text.toUpperCase() }
export const SHARED = { fillable: true, hidden: false }
