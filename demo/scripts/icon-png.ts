/** The icon as PNG, in plain Node: every pixel sampled from {@link colourAt}, written as PNG (ISO/IEC 15948), RGB, 8 bits. */
import { crc32, deflateSync } from 'node:zlib'
import { colourAt } from './icon.ts'

/** Samples per pixel and axis: smooth edges. */
const samples = 3

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** A square PNG, `size` pixels wide. */
export function iconPng(size: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(size, 0)
  header.writeUInt32BE(size, 4)
  // 8 bits a channel, RGB; deflate, adaptive filters, not interlaced: the last three are zero.
  header.set([8, 2], 8)
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(scanlines(size), { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Rows of RGB pixels, each led by its filter type: 0, none. */
function scanlines(size: number): Buffer {
  const rowBytes = 1 + size * 3
  const pixels = Buffer.alloc(rowBytes * size)
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      pixels.set(pixel(column, row, size), row * rowBytes + 1 + column * 3)
    }
  }
  return pixels
}

/** The mean of the samples in one pixel. */
function pixel(column: number, row: number, size: number): [number, number, number] {
  const sum: [number, number, number] = [0, 0, 0]
  for (let i = 0; i < samples; i++) {
    for (let j = 0; j < samples; j++) {
      const colour = colourAt((column + (i + 0.5) / samples) / size, (row + (j + 0.5) / samples) / size)
      for (const channel of [0, 1, 2] as const) sum[channel] += colour[channel]
    }
  }
  const count = samples * samples
  return [Math.round(sum[0] / count), Math.round(sum[1] / count), Math.round(sum[2] / count)]
}

/** Length, type, data, and the CRC of type and data. */
function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
