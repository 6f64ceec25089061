// Before the first paint: the theme that was chosen here, else the system's. `src/ui/theme.ts` goes on.
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
