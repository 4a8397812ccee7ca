/** Words the plugin catalogue is written with. */

export type Platform = 'windows' | 'linux' | 'network'

/** Where a plugin reports: decides port, protocol and service of its findings. */
export type PortClass = 'host' | 'local' | 'web' | 'tls' | 'dns' | 'ssh' | 'smb' | 'rpc' | 'snmp' | 'icmp'

export interface PortChoice {
  readonly port: number
  readonly protocol: 'TCP' | 'UDP' | 'ICMP'
  readonly service?: string
}

/** The first two of each list never name the same port and protocol, so a plugin can report twice on one asset. */
export const portChoices: Readonly<Record<PortClass, readonly PortChoice[]>> = {
  host: [
    { port: 0, protocol: 'TCP' },
    { port: 0, protocol: 'UDP' },
  ],
  local: [
    { port: 0, protocol: 'TCP' },
    { port: 445, protocol: 'TCP', service: 'cifs' },
  ],
  web: [
    { port: 443, protocol: 'TCP', service: 'www' },
    { port: 80, protocol: 'TCP', service: 'www' },
    { port: 8443, protocol: 'TCP', service: 'www' },
    { port: 8080, protocol: 'TCP', service: 'www' },
  ],
  tls: [
    { port: 443, protocol: 'TCP', service: 'www' },
    { port: 3389, protocol: 'TCP', service: 'msrdp' },
    { port: 8834, protocol: 'TCP', service: 'www' },
    { port: 636, protocol: 'TCP', service: 'ldap' },
  ],
  dns: [
    { port: 53, protocol: 'UDP', service: 'dns' },
    { port: 53, protocol: 'TCP', service: 'dns' },
  ],
  ssh: [
    { port: 22, protocol: 'TCP', service: 'ssh' },
    { port: 2222, protocol: 'TCP', service: 'ssh' },
  ],
  smb: [
    { port: 445, protocol: 'TCP', service: 'cifs' },
    { port: 139, protocol: 'TCP', service: 'smb' },
  ],
  rpc: [
    { port: 49664, protocol: 'TCP', service: 'dce-rpc' },
    { port: 135, protocol: 'TCP', service: 'epmap' },
    { port: 49667, protocol: 'TCP', service: 'dce-rpc' },
  ],
  snmp: [
    { port: 161, protocol: 'UDP', service: 'snmp' },
    { port: 161, protocol: 'TCP' },
  ],
  icmp: [
    { port: 0, protocol: 'ICMP' },
    { port: 0, protocol: 'TCP' },
  ],
}

export interface KnownPlugin {
  readonly id: number
  readonly name: string
  readonly family: string
  readonly severity: 0 | 1 | 2 | 3 | 4
  readonly portClass: PortClass
}

/** Checks that report on nearly every asset of any estate. */
export const knownPlugins: readonly KnownPlugin[] = [
  { id: 10107, name: 'HTTP Server Type and Version', family: 'Web Servers', severity: 0, portClass: 'web' },
  {
    id: 10114,
    name: 'ICMP Timestamp Request Remote Date Disclosure',
    family: 'General',
    severity: 1,
    portClass: 'icmp',
  },
  {
    id: 10150,
    name: 'Windows NetBIOS / SMB Remote Host Information Disclosure',
    family: 'Windows',
    severity: 0,
    portClass: 'smb',
  },
  {
    id: 10267,
    name: 'SSH Server Type and Version Information',
    family: 'Service detection',
    severity: 0,
    portClass: 'ssh',
  },
  { id: 10287, name: 'Traceroute Information', family: 'General', severity: 0, portClass: 'host' },
  { id: 10736, name: 'DCE Services Enumeration', family: 'Windows', severity: 0, portClass: 'rpc' },
  { id: 10863, name: 'SSL Certificate Information', family: 'General', severity: 0, portClass: 'tls' },
  { id: 11002, name: 'DNS Server Detection', family: 'DNS', severity: 0, portClass: 'dns' },
  { id: 11219, name: 'Nessus SYN scanner', family: 'Port scanners', severity: 0, portClass: 'web' },
  { id: 11936, name: 'OS Identification', family: 'General', severity: 0, portClass: 'host' },
  {
    id: 12053,
    name: 'Host Fully Qualified Domain Name (FQDN) Resolution',
    family: 'General',
    severity: 0,
    portClass: 'host',
  },
  { id: 19506, name: 'Nessus Scan Information', family: 'Settings', severity: 0, portClass: 'host' },
  { id: 21643, name: 'SSL Cipher Suites Supported', family: 'General', severity: 0, portClass: 'tls' },
  { id: 22964, name: 'Service Detection', family: 'Service detection', severity: 0, portClass: 'web' },
  {
    id: 24260,
    name: 'HyperText Transfer Protocol (HTTP) Information',
    family: 'Web Servers',
    severity: 0,
    portClass: 'web',
  },
  { id: 25220, name: 'TCP/IP Timestamps Supported', family: 'General', severity: 0, portClass: 'host' },
  { id: 41028, name: 'SNMP Agent Default Community Name (public)', family: 'SNMP', severity: 3, portClass: 'snmp' },
  {
    id: 42873,
    name: 'SSL Medium Strength Cipher Suites Supported (SWEET32)',
    family: 'General',
    severity: 3,
    portClass: 'tls',
  },
  { id: 45590, name: 'Common Platform Enumeration (CPE)', family: 'General', severity: 0, portClass: 'host' },
  { id: 51192, name: 'SSL Certificate Cannot Be Trusted', family: 'General', severity: 2, portClass: 'tls' },
  { id: 54615, name: 'Device Type', family: 'General', severity: 0, portClass: 'host' },
  { id: 57582, name: 'SSL Self-Signed Certificate', family: 'General', severity: 2, portClass: 'tls' },
  { id: 57608, name: 'SMB Signing not required', family: 'Misc.', severity: 2, portClass: 'smb' },
  { id: 70658, name: 'SSH Server CBC Mode Ciphers Enabled', family: 'Misc.', severity: 1, portClass: 'ssh' },
  {
    id: 104743,
    name: 'TLS Version 1.0 Protocol Detection',
    family: 'Service detection',
    severity: 2,
    portClass: 'tls',
  },
  {
    id: 110095,
    name: 'Target Credential Issues by Authentication Protocol - No Issues Found',
    family: 'Settings',
    severity: 0,
    portClass: 'local',
  },
]

/** Vendor ids and names, as the family list answers them. */
export const families: Readonly<Record<string, number>> = {
  'Amazon Linux Local Security Checks': 35,
  'CGI abuses': 3,
  CISCO: 33,
  'CentOS Local Security Checks': 18,
  DNS: 43,
  Databases: 31,
  'Debian Local Security Checks': 16,
  Firewalls: 21,
  General: 30,
  'Misc.': 23,
  'Port scanners': 24,
  'Red Hat Local Security Checks': 4,
  SCADA: 45,
  SNMP: 26,
  'Service detection': 32,
  Settings: 14,
  'Ubuntu Local Security Checks': 27,
  'Web Servers': 9,
  Windows: 20,
  'Windows : Microsoft Bulletins': 10,
}

export const commonSubjects: readonly string[] = [
  'Apache HTTP Server Version Detection',
  'nginx Installed',
  'OpenSSL Detection',
  'Java Detection and Identification',
  'TLS Next Protocols Supported',
  'TLS Version 1.2 Protocol Detection',
  'HTTP Methods Allowed (per directory)',
  'Strict Transport Security (STS) Detection',
  'SSL Perfect Forward Secrecy Cipher Suites Supported',
  'Patch Report',
  'Ethernet MAC Addresses',
  'Ethernet Card Manufacturer Detection',
  'VMware Virtual Machine Detection',
  'Unix / Linux Running Processes Information',
  'Netstat Active Connections',
  'Netstat Portscanner (SSH)',
  'BIOS Info',
  'Processor Information',
  'Time of Last System Startup',
  'Enumerate IPv4 Interfaces via SSH',
  'Device Hostname',
  'User Account Information',
  'Microsoft .NET Framework Detection',
  'curl Detection',
  'Windows Defender Installed',
  'Remote Desktop Protocol Service Detection',
  'SSH Algorithms and Languages Supported',
  'SSH Password Authentication Accepted',
  'Authentication Success Local Checks Not Available',
  'Link-Local Multicast Name Resolution (LLMNR) Service Detection',
]

export const platformSubjects: Readonly<
  Record<Platform, readonly { family: string; name: (n: number) => string; cpe: string }[]>
> = {
  windows: [
    {
      family: 'Windows : Microsoft Bulletins',
      name: n => `KB${5_030_000 + (n % 9000)}: Windows Server 2019 Security Update (${month(n)} ${2023 + (n % 4)})`,
      cpe: 'cpe:/o:microsoft:windows_server_2019',
    },
    {
      family: 'Windows : Microsoft Bulletins',
      name: n => `Security Updates for Microsoft .NET Framework (${month(n)} ${2023 + (n % 4)}) ${n % 97}`,
      cpe: 'cpe:/a:microsoft:.net_framework',
    },
    {
      family: 'Windows',
      name: n => `Google Chrome &lt; ${100 + (n % 60)}.0.${6000 + (n % 997)}.${n % 199} Multiple Vulnerabilities`,
      cpe: 'cpe:/a:google:chrome',
    },
    {
      family: 'Windows',
      name: n => `Mozilla Firefox ESR &lt; ${102 + (n % 40)}.${n % 12} (${n % 613})`,
      cpe: 'cpe:/a:mozilla:firefox_esr',
    },
    {
      family: 'Windows',
      name: n =>
        `Adobe Acrobat &lt; ${20 + (n % 6)}.00${n % 9}.${20_000 + (n % 999)} Multiple Vulnerabilities (APSB${24 + (n % 3)}-${n % 99})`,
      cpe: 'cpe:/a:adobe:acrobat',
    },
    {
      family: 'Windows',
      name: n => `7-Zip &lt; ${21 + (n % 5)}.${n % 10} Heap Overflow – résumé №${n % 499}`,
      cpe: 'cpe:/a:7-zip:7-zip',
    },
  ],
  linux: [
    {
      family: 'Red Hat Local Security Checks',
      name: n => `RHEL 8 : kernel (RHSA-${2022 + (n % 5)}:${1000 + (n % 8999)})`,
      cpe: 'p-cpe:/a:redhat:enterprise_linux:kernel',
    },
    {
      family: 'Red Hat Local Security Checks',
      name: n => `RHEL 9 : openssl (RHSA-${2022 + (n % 5)}:${1000 + (n % 8999)})`,
      cpe: 'p-cpe:/a:redhat:enterprise_linux:openssl',
    },
    {
      family: 'Ubuntu Local Security Checks',
      name: n => `Ubuntu 22.04 LTS : curl vulnerabilities (USN-${5000 + (n % 2200)}-${1 + (n % 3)})`,
      cpe: 'p-cpe:/a:canonical:ubuntu_linux:curl',
    },
    {
      family: 'Debian Local Security Checks',
      name: n => `Debian DSA-${5000 + (n % 900)}-1 : python3.11 - security update`,
      cpe: 'p-cpe:/a:debian:debian_linux:python3.11',
    },
    {
      family: 'Amazon Linux Local Security Checks',
      name: n => `Amazon Linux 2 : vim (ALAS-${2022 + (n % 5)}-${1000 + (n % 1800)})`,
      cpe: 'p-cpe:/a:amazon:linux:vim-common',
    },
    {
      family: 'CentOS Local Security Checks',
      name: n => `CentOS 7 : java-1.8.0-openjdk (CESA-${2020 + (n % 5)}:${1000 + (n % 8999)})`,
      cpe: 'p-cpe:/a:centos:centos:java-1.8.0-openjdk',
    },
  ],
  network: [
    {
      family: 'CISCO',
      name: n => `Cisco IOS XE Software Web UI Command Injection (cisco-sa-webui-${n % 9973})`,
      cpe: 'cpe:/o:cisco:ios_xe',
    },
    {
      family: 'Firewalls',
      name: n =>
        `Palo Alto Networks PAN-OS ${9 + (n % 3)}.1.x &lt; ${9 + (n % 3)}.1.${n % 31} Vulnerability ${n % 499}`,
      cpe: 'cpe:/o:paloaltonetworks:pan-os',
    },
    {
      family: 'SCADA',
      name: n => `Siemens SCALANCE Buffer Overflow (SSA-${100_000 + (n % 899_999)})`,
      cpe: 'cpe:/h:siemens:scalance',
    },
    {
      family: 'Misc.',
      name: n => `Fortinet FortiGate &lt; ${6 + (n % 2)}.4.${n % 16} Path Traversal (FG-IR-${22 + (n % 5)}-${n % 499})`,
      cpe: 'cpe:/o:fortinet:fortios',
    },
  ],
}

function month(n: number): string {
  return [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ][n % 12]!
}

export const weaknesses: readonly string[] = [
  'a heap-based buffer overflow condition in the component that parses image metadata',
  'a use-after-free error when handling objects that are released while an asynchronous request is pending',
  'an information disclosure vulnerability in the way error pages are rendered for unauthenticated users',
  'a privilege escalation vulnerability due to improper validation of symbolic links in the installer service',
  'a path traversal vulnerability that lets a remote attacker read files outside of the document root',
  'a denial of service condition when a specially crafted packet with an empty option list is received',
  'a SQL injection vulnerability caused by improper sanitization of user-supplied input before using it in a query',
  'a cross-site scripting vulnerability due to improper validation of user-supplied input before returning it to users',
  'a memory corruption issue in the scripting engine (“type confusion”) that a crafted document can reach',
  'a certificate validation weakness that allows a man-in-the-middle to substitute its own chain of trust',
]

export const fillers: readonly string[] = [
  'An unauthenticated, remote attacker can exploit this, via a specially crafted request, to execute arbitrary code in the context of the current user.',
  "Note that the scanner has not tested for these issues but has instead relied only on the application's self-reported version number.",
  'The scanner was able to determine the installed version from the package list of the remote host and compared it with the advisory.',
  'The vendor has rated the impact of this issue as Important and has published mitigation steps for systems that cannot be updated at once.',
  'This check reports one result for each port on which the affected service answers; results on several ports are not duplicates.',
  'Attackers have been observed to combine this weakness with others in order to gain persistent access to the affected network segment.',
]

export const infoSentences: readonly string[] = [
  'This plugin displays information the scanner gathered about the remote host; it does not indicate a weakness by itself.',
  'The scanner was able to obtain the name, the version and the configuration of the service that listens on the remote port.',
  "Use this information to verify that the service is expected on this host and that its use conforms with your organization's acceptable use and security policies.",
  'The enumeration relies on protocol features that the remote service offers to every client, and requires no credentials.',
  'When credentials were supplied, the listing is complete; otherwise it shows what an anonymous remote user would see.',
]
