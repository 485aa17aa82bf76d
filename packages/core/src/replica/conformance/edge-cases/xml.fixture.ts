/** Xml: as text, siblings, walks, attributes. */
import type * as Y from 'yjs'
import { shownAs, type Case } from './case.fixture.ts'

export const xmlCases: readonly Case[] = [
  {
    title: 'as text, with attributes in order and marks nested',
    run: (library, doc) => {
      const fragment = doc.getXmlFragment('xml')
      const element = new library.XmlElement('P')
      const it = new library.XmlText('a<b>')
      fragment.insert(0, [element, it])
      element.setAttribute('z', '1')
      element.setAttribute('a', '"')
      element.insert(0, [new library.XmlElement(), new library.XmlText('in')])
      it.format(0, 2, { strong: { level: 1 }, em: {} })
      return [shownAs(fragment), fragment.toJSON(), shownAs(element), it.toString(), it.toJSON(), element.nodeName]
    },
  },
  {
    title: 'siblings, parents and children',
    run: (library, doc) => {
      const fragment = doc.getXmlFragment('xml')
      const [a, b] = [new library.XmlElement('a'), new library.XmlText('b')]
      fragment.insert(0, [a, b])
      fragment.insert(1, [new library.XmlElement('gone')])
      fragment.delete(1, 1)
      return [
        a.nextSibling === b,
        b.prevSibling === a,
        a.prevSibling,
        b.nextSibling,
        a.parent === fragment,
        fragment.parent,
        fragment.firstChild === a,
        a.firstChild ?? null,
        fragment.length,
      ]
    },
  },
  {
    title: 'a tree is walked',
    run: (library, doc) => {
      const fragment = doc.getXmlFragment('xml')
      const inner = new library.XmlElement('div')
      fragment.insert(0, [new library.XmlElement('p'), inner])
      inner.insert(0, [new library.XmlElement('p'), new library.XmlText('t')])
      const names = (walker: Iterable<unknown>): unknown[] =>
        Array.from(walker, (it) => (it as { nodeName?: string }).nodeName ?? 'text')
      return [
        names(fragment.createTreeWalker(() => true)),
        names(fragment.createTreeWalker((it) => (it as Y.XmlElement).nodeName === 'p')),
        fragment.querySelector('p') === fragment.get(0),
        fragment.querySelectorAll('P').length,
        fragment.querySelector('none'),
      ]
    },
  },
  {
    title: 'insert past the end',
    run: (library, doc) => doc.getXmlFragment('xml').insert(1, [new library.XmlElement('p')]),
  },
  { title: 'delete past the end', run: (_, doc) => doc.getXmlFragment('xml').delete(0, 1) },
  {
    title: 'insert after what is not in it',
    run: (library, doc) =>
      doc.getXmlFragment('xml').insertAfter(new library.XmlElement('a'), [new library.XmlElement('b')]),
  },
  {
    title: 'attributes',
    run: (library, doc) => {
      const it = new library.XmlElement('p')
      doc.getXmlFragment('xml').insert(0, [it])
      it.setAttribute('a', '1')
      it.removeAttribute('none')
      return [it.getAttribute('a'), it.getAttribute('none'), it.hasAttribute('a'), it.getAttributes()]
    },
  },
  {
    title: 'hooks',
    run: (library, doc) => {
      const hook = new library.XmlHook('name')
      doc.getXmlFragment('xml').insert(0, [hook as unknown as Y.XmlElement])
      hook.set('a', 1)
      return [hook.hookName, hook.toJSON(), hook.clone().hookName]
    },
  },
]
