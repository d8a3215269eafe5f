// Runs before anything is drawn, so that nobody sees the other theme first.
"use strict";
try {
  const theme = localStorage.getItem("copyart-theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {} // a browser that keeps nothing follows the system
