import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { AssetOwnership } from '../../../contract/groups.ts'
import { Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { QueryView } from '../../components/query-view.tsx'
import { assetOwnerQuery, groupRulesQuery } from '../../lib/queries.ts'
import { outside } from './lines.tsx'

/** Whose an asset is, since when, and by which rule or person. */
export function AssetOwner({ id }: { readonly id: string }) {
  const query = useQuery(assetOwnerQuery(id))
  return (
    <Section title="Owner">
      <QueryView query={query} skeleton={<Skeleton height={44} />}>
        {ownership => <Ownership ownership={ownership} />}
      </QueryView>
    </Section>
  )
}

function Ownership({ ownership }: { readonly ownership: AssetOwnership }) {
  const { owner, criticality, groups, rule_ids, is_owner_set, history } = ownership
  const since = history.findLast((one, index) => history[index - 1]?.owner !== one.owner)?.recorded_at ?? null
  return (
    <Facts
      facts={[
        ['Owner', owner === null ? 'nobody' : ownerLink(owner)],
        ['Since', owner !== null && since !== null && <Ago at={since} />],
        ['Given by', is_owner_set ? 'a person' : rule_ids.length > 0 && <Rules ids={rule_ids} />],
        ['Rules met too', is_owner_set && rule_ids.length > 0 && <Rules ids={rule_ids} />],
        ['Criticality by rule', criticality],
        [
          'Groups',
          groups.length > 0 &&
            groups.map(group => (
              <div key={group}>
                <Link to="/assets/tenable" search={{ group: [group] }}>
                  <OutsideName text={group} />
                </Link>
              </div>
            )),
        ],
        [
          'Before',
          history.length > 1 &&
            history.slice(0, -1).map(one => (
              <div key={one.recorded_at}>
                {outside(one.owner) ?? 'nobody'} from <Ago at={one.recorded_at} />
              </div>
            )),
        ],
      ]}
    />
  )
}

function ownerLink(owner: string) {
  return (
    <Link to="/assets/tenable" search={{ owner: [owner] }}>
      <OutsideName text={owner} />
    </Link>
  )
}

/** By name, where one may see the rules. */
function Rules({ ids }: { readonly ids: readonly number[] }) {
  const { data } = useQuery({ ...groupRulesQuery(), retry: false })
  return (
    <>
      {ids.map(id => {
        const name = data?.items.find(rule => rule.id === id)?.name
        return (
          <div key={id}>
            rule {id}
            {name !== undefined && (
              <>
                : <OutsideName text={name} />
              </>
            )}
          </div>
        )
      })}
    </>
  )
}
