// What is tried first by who tries many. Kept as words and not as a list of thousands: people lengthen a word with digits
// and signs, or say it twice, and a list never has all of these.

const words = new Set(
  `password passw0rd p@ssword p@ssw0rd passwort motdepasse contrasena wachtwoord welcome letmein admin administrator root
user guest test default temporary changeme changemenow changemeplease pleasechangeme qwerty qwertz azerty qwertyuiop
asdfghjkl zxcvbnm iloveyou iloveyouforever sunshine princess football baseball basketball superman batman dragon monkey
master shadow michael jennifer trustno trustnoone whatever starwars pokemon computer internet security secret topsecret
supersecret verysecure company summer winter spring autumn january february march april may june july august september
october november december monday friday tenable nessus tenfold vulnerability securitycenter thisismypassword mypassword
yourpassword adminpassword rootpassword userpassword testpassword nopassword opensesame letmeinplease
correcthorsebatterystaple abc abcd qwe qweasdzxc`
    .split(/\s+/)
    .map(word => word.trim()),
)

const rows = [
  '01234567890123456789',
  '98765432109876543210',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnm',
  'qwertzuiopasdfghjklyxcvbnm',
  'azertyuiopqsdfghjklmwxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  'qazwsxedcrfvtgbyhnujm',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  'zaq12wsxcde34rfvbgt5',
  '147258369147258369',
]

/** @param plain in small letters */
export function isCommonPassword(plain: string): boolean {
  if (rows.some(row => row.includes(plain))) return true
  const stem = plain.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '')
  return isOnlyRepeated(plain) || words.has(stem) || words.has(halfOf(stem))
}

/** `abc123abc123`, `112112112112`. */
function isOnlyRepeated(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length
}

function halfOf(text: string): string {
  const half = text.slice(0, text.length / 2)
  return half + half === text ? half : ''
}
