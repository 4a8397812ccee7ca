import type { AccountSettings, GroupRole } from '../api/account-settings.ts'
import { roles } from '../domain/role.ts'
import type { Config } from '../platform/config.ts'
import { ConfigError } from '../platform/errors.ts'

/** @throws ConfigError `bad_setting` for a role that there is not */
export function accountSettingsOf(config: Config): AccountSettings {
  const { oidcIssuer: issuer, oidcClientId: clientId } = config
  return {
    sessionIdleMinutes: config.sessionIdleMinutes,
    sessionLifeHours: config.sessionLifeHours,
    publicUrl: config.publicUrl,
    trustedProxies: config.trustedProxies,
    oidc:
      issuer === undefined || clientId === undefined
        ? undefined
        : {
            issuer,
            clientId,
            clientSecret: config.oidcClientSecret,
            scopes: config.oidcScopes ?? 'openid profile email',
            groupsClaim: config.oidcGroupsClaim ?? 'groups',
            roleMap: config.oidcRoleMap.map(groupRoleOf),
            allowPrivate: config.oidcAllowPrivate,
            label: config.oidcLabel ?? 'Sign in with single sign-on',
          },
  }
}

function groupRoleOf({ group, role, tenant }: Config['oidcRoleMap'][number]): GroupRole {
  const known = roles.find(one => one === role)
  if (known) return { group, role: known, tenant }
  throw new ConfigError(
    'bad_setting',
    `TENFOLD_OIDC_ROLE_MAP gives ${group} the role ${role}; roles are ${roles.join(', ')}.`,
  )
}
