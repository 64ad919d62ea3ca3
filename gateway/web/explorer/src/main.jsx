import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './style.css'
import './keyboard.js'
import { createRoot } from 'react-dom/client'
import { Explorer } from './Explorer.jsx'

createRoot(document.getElementById('explorer')).render(<Explorer />)
