// The script is ES2015, and calls nothing that Chromium 80 lacks.
import compat from 'eslint-plugin-compat';
import esx from 'eslint-plugin-es-x';

export default [
  { languageOptions: { ecmaVersion: 2015, sourceType: 'script' } },
  compat.configs['flat/recommended'],
  esx.configs['flat/restrict-to-es2015'],
  { settings: { browsers: ['chrome 80'], 'es-x': { aggressive: true } } },
];
