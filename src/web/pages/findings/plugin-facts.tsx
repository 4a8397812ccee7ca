import { ActionIcon, CopyButton, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { FindingDetail } from '../../../contract/findings.ts'
import { Folded, Section } from '../../components/details-panel.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icons.tsx'
import { Ago } from '../../components/instant.tsx'
import { OutsideName } from '../../components/outside-text.tsx'
import { Reference } from '../../components/reference.tsx'
import { visibleText } from '../../lib/visible-text.ts'
import { CvssVector } from './cvss-vector.tsx'
import styles from './plugin-facts.module.css'
import { VprDrivers } from './vpr-drivers.tsx'

type Plugin = NonNullable<FindingDetail['plugin']>

const list = '/vulnerabilities/tenable'

/** What the check is, how to mend what it found, and where more is written. */
export function PluginFacts({ plugin }: { plugin: Plugin }) {
  return (
    <>
      {plugin.synopsis !== null && <Prose title="Synopsis" text={plugin.synopsis} />}
      {plugin.solution !== null && <Prose title="Solution" text={plugin.solution} isCopyable />}
      {plugin.description !== null && <Prose title="Description" text={plugin.description} />}
      <Section
        title="Plugin"
        aside={
          <Link to={list} search={{ plugin_id: [plugin.plugin_id] }}>
            All findings of this plugin
          </Link>
        }
      >
        <Facts
          facts={[
            ['ID', plugin.plugin_id],
            ['Family', plugin.family && <OutsideName text={plugin.family} />],
            ['Type', plugin.type && <OutsideName text={plugin.type} />],
            ['Risk factor', plugin.risk_factor],
            ['Exploit', plugin.exploitability_ease && <OutsideName text={plugin.exploitability_ease} />],
            ['Exploit frameworks', plugin.exploit_frameworks.join(', ')],
            ['Used by malware', plugin.exploited_by_malware && 'yes'],
            ['In the news', plugin.in_the_news && 'yes'],
            ['No longer supported', plugin.unsupported_by_vendor && 'yes'],
            ['Vulnerability published', plugin.vuln_published_at && <Ago at={plugin.vuln_published_at} />],
            ['Patch published', plugin.patch_published_at && <Ago at={plugin.patch_published_at} />],
            ['Plugin published', plugin.published_at && <Ago at={plugin.published_at} />],
            ['Plugin changed', plugin.modified_at && <Ago at={plugin.modified_at} />],
          ]}
        />
      </Section>
      <Vectors plugin={plugin} />
      {plugin.cves.length > 0 && (
        <Section title="CVE">
          <div className={styles.row}>
            {plugin.cves.map(cve => (
              <Link key={cve} to={list} search={{ cve: [cve] }} className="mono">
                <OutsideName text={cve} />
              </Link>
            ))}
          </div>
        </Section>
      )}
      {plugin.see_also.length > 0 && (
        <Section title="References">
          <ul className={styles.references}>
            {plugin.see_also.map(reference => (
              <li key={reference}>
                <Reference text={reference} />
              </li>
            ))}
          </ul>
        </Section>
      )}
      {plugin.xrefs.length > 0 && (
        <Folded title={`Cross references (${plugin.xrefs.length})`}>
          <div className={`${styles.row} mono`}>
            {plugin.xrefs.map(reference => (
              <OutsideName key={reference} text={reference} />
            ))}
          </div>
        </Folded>
      )}
      <VprDrivers title="What drives the VPR" scored={plugin.vpr_score} vpr={plugin.vpr} />
      <VprDrivers title="What drives the VPR v2" scored={plugin.vpr_v2_score} vpr={plugin.vpr_v2} />
    </>
  )
}

function Vectors({ plugin }: { plugin: Plugin }) {
  const scores = [plugin.cvss2_base_score, plugin.cvss3_base_score, plugin.cvss4_base_score]
  const vectors = [plugin.cvss2_vector, plugin.cvss3_vector, plugin.cvss4_vector]
  if ([...scores, ...vectors].every(one => one === null)) return null
  return (
    <Section title="CVSS, in words">
      <CvssVector version={4} base={plugin.cvss4_base_score} vector={plugin.cvss4_vector} />
      <CvssVector
        version={3}
        base={plugin.cvss3_base_score}
        temporal={plugin.cvss3_temporal_score}
        vector={plugin.cvss3_vector}
      />
      <CvssVector
        version={2}
        base={plugin.cvss2_base_score}
        temporal={plugin.cvss2_temporal_score}
        vector={plugin.cvss2_vector}
      />
    </Section>
  )
}

/** A text of the vendor's, as it is. */
export function Prose({ title, text, isCopyable = false }: { title: string; text: string; isCopyable?: boolean }) {
  return (
    <Section title={title} aside={isCopyable && <Copy what={title.toLowerCase()} text={text} />}>
      <p className={styles.prose} dir="auto">
        {visibleText(text)}
      </p>
    </Section>
  )
}

function Copy({ what, text }: { what: string; text: string }) {
  return (
    <CopyButton value={text} timeout={1_500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy the ${what}`}>
          <ActionIcon variant="subtle" color="gray" aria-label={`Copy the ${what}`} onClick={copy}>
            <Icon name={copied ? 'check' : 'copy'} />
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}
