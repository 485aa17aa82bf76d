import { expect, it } from 'vitest'
import { html } from './html.ts'

it('escapes what is put into a template, and not what is HTML already', () => {
  const item = html`<b title="${'a "b"'}">${'1 < 2 & 3'}</b>`
  expect(html`<i>${[item, undefined, false, 0]}</i>`.text).toBe(
    '<i><b title="a &quot;b&quot;">1 &lt; 2 &amp; 3</b>0</i>',
  )
})
