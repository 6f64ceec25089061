import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './styles/tokens.css';
import './styles/base.css';
import './styles/shell.css';
import { Router } from 'wouter';
import { App } from './app';
import { basePath } from './settings';
import { ErrorBoundary } from './ui/error-boundary';
import { applyTheme } from './ui/theme';

applyTheme();
// Offline start; a browser that refuses (private windows, plain http) goes without.
if (import.meta.env.PROD && 'serviceWorker' in navigator) navigator.serviceWorker.register(`${basePath}/sw.js`).catch(() => undefined);
const root = document.getElementById('root');
if (root !== null)
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <Router base={basePath}>
          <App />
        </Router>
      </ErrorBoundary>
    </StrictMode>,
  );
