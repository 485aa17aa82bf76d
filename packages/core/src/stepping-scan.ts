/** A scan of structs that steps over what is plain, for whoever goes through updates often. Apart from `StructScan`, since not everybody who reads a struct does that. */
import { PlainStructs } from './plain-structs.ts'
import { StructScan } from './struct-scan.ts'

export interface SteppingScan extends StructScan {
  readonly plain: PlainStructs
}

export function steppingScan(): SteppingScan {
  return new StructScan(new PlainStructs()) as SteppingScan
}
