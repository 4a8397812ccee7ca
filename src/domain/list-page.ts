/** The lists that can be looked at in one's own way. */
export const listPages = [
  'assets',
  'findings',
  'plugins',
  'scans',
  'scan-coverage',
  'compliance',
  'compliance-checks',
  'compliance-assets',
  'networks',
  'subnets',
  'scanners',
  'agents',
  'tags',
  'groups',
  'runs',
  'rejected',
  'quality',
  'sweeps',
  'changes',
  'audit',
  'users',
  'tokens',
  'imports',
  'devices',
  'rules',
] as const
export type ListPage = (typeof listPages)[number]

/** How high the rows are. */
export const densities = ['compact', 'comfortable'] as const
export type Density = (typeof densities)[number]
