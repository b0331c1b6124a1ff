// Bureaus still have Chromium 80. What it supports in part is allowed: two values of overflow, breaks in columns.
const chromium = ['chrome 80'];
// a browser without it drops the rules that name it and shows its own outline
const focusVisible = { caniuse: 'css-focus-visible', mdn: 'selectors.focus-visible' };

export default {
  plugins: ['stylelint-no-unsupported-browser-features', 'stylelint-browser-compat'],
  rules: {
    'plugin/no-unsupported-browser-features': [
      true,
      { browsers: chromium, ignore: [focusVisible.caniuse], ignorePartialSupport: true },
    ],
    'plugin/browser-compat': [
      true,
      {
        browserslist: chromium,
        allow: { features: [focusVisible.mdn], partialImplementation: true, prefix: true },
      },
    ],
    // newer than the data of both
    'unit-disallowed-list': ['dvh', 'dvw', 'svh', 'lvh', 'cqw', 'cqh'],
    'function-disallowed-list': ['color-mix', 'oklch', 'oklab', 'lab', 'lch', 'light-dark'],
  },
};
