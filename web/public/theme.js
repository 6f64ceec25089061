// Sets the theme before the first paint: the one chosen in this browser, else the system's.
// `src/ui/theme.ts` takes over when the app runs.
(function () {
  var chosen;
  try {
    chosen = localStorage.getItem('linsta.theme');
  } catch (error) {
    chosen = null;
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-theme', dark ? 'dark' : 'light');
  document.documentElement.style.colorScheme = dark ? 'dark' : 'light';
})();
