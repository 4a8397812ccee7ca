/** What somebody may do, from least to most; each includes those before it. */
export const roles = ['viewer', 'analyst', 'operator', 'admin'] as const
export type Role = (typeof roles)[number]

export function includesRole(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed)
}
