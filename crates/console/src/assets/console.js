// Comfort only: every page and form works without it.
(function () {
  'use strict';
  // which button sends a form: an old browser does not say so with the submission
  var pressed = null;
  document.addEventListener('click', function (event) {
    pressed = event.target.closest ? event.target.closest('button') : null;
  });
  document.addEventListener('submit', function (event) {
    var form = event.target;
    var button = pressed && pressed.form === form ? pressed : null;
    pressed = null;
    var question = button && button.getAttribute('data-confirm');
    if (question && !window.confirm(question)) { event.preventDefault(); return; }
    // a second click sends nothing; the key in the form would make it count once anyway
    if (form.method === 'post') {
      if (form.getAttribute('data-sent')) { event.preventDefault(); return; }
      form.setAttribute('data-sent', '1');
      // what is downloaded leaves the page as it is
      window.setTimeout(function () { form.removeAttribute('data-sent'); }, 5000);
    }
  });
  // back from the cache of the browser: forms may be sent again
  window.addEventListener('pageshow', function () {
    document.querySelectorAll('form[data-sent]').forEach(function (form) { form.removeAttribute('data-sent'); });
  });
  document.querySelectorAll('[data-fills]').forEach(function (button) {
    button.addEventListener('click', function () {
      var field = document.getElementById(button.getAttribute('data-fills'));
      if (field) { field.value = button.textContent.trim(); field.focus(); }
    });
  });
  // of many organisations those are suggested whose name has what is typed
  document.querySelectorAll('input[data-suggests]').forEach(function (field) {
    var list = document.getElementById(field.getAttribute('list'));
    var waiting = 0;
    field.addEventListener('input', function () {
      window.clearTimeout(waiting);
      var typed = field.value.trim();
      if (!typed || !list) { return; }
      waiting = window.setTimeout(function () {
        window.fetch('/organisations?format=json&.first=20&name=' + encodeURIComponent(typed), { credentials: 'same-origin' })
          .then(function (answer) { return answer.ok ? answer.json() : []; })
          .then(function (found) {
            // an answer to what was typed before comes too late
            if (!found.length || field.value.trim() !== typed) { return; }
            list.textContent = '';
            found.forEach(function (one) {
              var option = document.createElement('option');
              option.value = one.credit_code;
              option.textContent = one.name + ' ' + one.credit_code;
              list.appendChild(option);
            });
          })
          .catch(function () {});
      }, 250);
    });
  });
  document.querySelectorAll('select[data-sends]').forEach(function (select) {
    select.addEventListener('change', function () { select.form.submit(); });
  });
  // what is typed stays in this tab until it is sent
  var keyOf = function (form) {
    var write = form.querySelector('input[name=".write"]');
    return write ? 'draft:' + location.pathname + location.search + ' ' + write.value : '';
  };
  var typed = function (form) {
    return Array.prototype.filter.call(form.elements, function (field) {
      return field.name && field.name[0] !== '.' && field.name[0] !== '=' && ['hidden', 'file', 'submit', 'button'].indexOf(field.type) < 0;
    });
  };
  if (document.querySelector('.note.ok[role=status]')) {
    Object.keys(sessionStorage).forEach(function (key) { if (key.indexOf('draft:') === 0) { sessionStorage.removeItem(key); } });
  }
  document.querySelectorAll('form.act[data-kept]').forEach(function (form) {
    var key = keyOf(form);
    var kept = key && !document.getElementById('problem') && sessionStorage.getItem(key);
    if (kept) {
      var values = JSON.parse(kept);
      var changed = false;
      typed(form).forEach(function (field, place) {
        var value = values[place];
        if (!value || value[0] !== field.name) { return; }
        if (field.type === 'checkbox') { changed = changed || field.checked !== value[1]; field.checked = value[1]; }
        else { changed = changed || field.value !== value[1]; field.value = value[1]; }
      });
      if (changed) {
        var note = document.createElement('p');
        note.className = 'note';
        note.setAttribute('role', 'status');
        note.textContent = form.getAttribute('data-kept');
        form.insertBefore(note, form.firstChild);
      }
    }
    form.addEventListener('input', function () {
      if (!key) { return; }
      sessionStorage.setItem(key, JSON.stringify(typed(form).map(function (field) {
        return [field.name, field.type === 'checkbox' ? field.checked : field.value];
      })));
    });
  });
  // one box for all boxes of a table
  document.querySelectorAll('form table').forEach(function (table) {
    var boxes = table.querySelectorAll('tbody input[type=checkbox]');
    var head = table.querySelector('thead [data-all]');
    if (!boxes.length || !head) { return; }
    var all = document.createElement('input');
    all.type = 'checkbox';
    all.setAttribute('aria-label', head.getAttribute('data-all'));
    all.addEventListener('change', function () {
      boxes.forEach(function (box) { box.checked = all.checked; });
    });
    head.appendChild(all);
  });
  document.querySelectorAll('button[data-prints]').forEach(function (button) {
    button.hidden = false;
    button.addEventListener('click', function () { window.print(); });
  });
})();
