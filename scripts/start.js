/** `npm start`: installs, builds, and runs the relay with the demo on its embedded store. Flags after `--` reach the relay. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.js'
import { install } from './install.js'
import { root, say } from './step.js'

install()
build()

say('starting the relay with the demo; open its address in a browser (http instead of ws), stop it with Ctrl-C')
// In this process, not in a child: a signal that ends this one must end the relay too.
const launcher = join(root, 'packages', 'relay', 'bin', 'syncline-relay.js')
process.argv = [process.execPath, launcher, '--demo', join(root, 'demo', 'dist'), ...process.argv.slice(2)]
await import(pathToFileURL(launcher).href)
