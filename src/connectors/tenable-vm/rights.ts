/** The vendor's roles by the number a user carries; a custom role has one of these as its base. */
const roles = new Map([
  [0, 'Read-Only'],
  [16, 'Basic'],
  [24, 'Scan Operator'],
  [32, 'Standard'],
  [40, 'Scan Manager'],
  [64, 'Administrator'],
])
export const administrator = 64

export function roleOf(permissions: number | null): string | null {
  if (permissions === null) return null
  return roles.get(permissions) ?? `unknown role ${permissions}`
}

/** One right, the call that tries it, and what is lost without it. */
export interface RightTrial {
  readonly right: string
  readonly path: string
  readonly cost: string
  readonly remedy: string
}

const exportRemedy =
  'Give the user at least the Basic [16] role, or a custom role with VM.VM_EXPLORE.VM_EXPLORE.EXPORT, and Can View on All Assets.'

export const trials: readonly RightTrial[] = [
  {
    right: 'findings export',
    path: '/vulns/export/status',
    cost: 'No finding can be read: nothing works without it.',
    remedy: exportRemedy,
  },
  {
    right: 'assets export',
    path: '/assets/export/status',
    cost: 'No asset can be read: nothing works without it.',
    remedy: exportRemedy,
  },
  {
    right: 'compliance export',
    path: '/compliance/export/status',
    cost: 'Compliance results stay empty.',
    remedy: exportRemedy,
  },
  {
    right: 'plugins',
    path: '/plugins/families',
    cost: 'Only plugins that some finding names are known.',
    remedy: 'Give the user at least the Basic [16] role.',
  },
  {
    right: 'tags',
    path: '/tags/values?limit=1',
    cost: 'Tags are known only as the assets carry them.',
    remedy: 'Give the user at least the Basic [16] role.',
  },
  {
    right: 'scans',
    path: '/scans?last_modification_date=%now%',
    cost: 'Scans and their coverage are not shown, and none can be started.',
    remedy: 'Give the user at least the Basic [16] role and Can View on the scans; Scan Operator [24] to start them.',
  },
  {
    right: 'networks',
    path: '/networks?limit=1',
    cost: 'Networks are shown by id only, and their age-out is not known.',
    remedy: 'Give the user the Scan Manager [40] role.',
  },
  {
    right: 'scanners',
    path: '/scanners',
    cost: 'The health of scanners is not shown.',
    remedy: 'Give the user the Scan Manager [40] role.',
  },
  {
    right: 'agents',
    path: '/scanners/null/agents?limit=1',
    cost: 'The health of agents is not shown.',
    remedy: 'Give the user the Scan Manager [40] role.',
  },
  {
    right: 'users',
    path: '/users',
    cost: 'Who accepted or changed a severity is shown by id only.',
    remedy: 'Give the user the Administrator [64] role.',
  },
]
export const requiredRights = new Set(['findings export', 'assets export'])

export const serverStatus: RightTrial = {
  right: 'server status',
  path: '/server/status',
  cost: 'Whether the platform is ready is not known.',
  remedy: 'Give the user at least the Basic [16] role.',
}
