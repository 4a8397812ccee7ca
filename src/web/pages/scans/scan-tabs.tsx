import { Link } from '@tanstack/react-router'
import { PageTabs } from '../../components/page-tabs.tsx'

/** The two pages about scanning. */
export function ScanTabs() {
  const options = { exact: true, includeSearch: false } as const
  return (
    <PageTabs label="About scans">
      <Link to="/scans/tenable" activeOptions={options}>
        Scans
      </Link>
      <Link to="/scans/tenable/coverage" activeOptions={options}>
        Coverage
      </Link>
    </PageTabs>
  )
}
