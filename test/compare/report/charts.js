/* Draws the charts of the page; Chart.js is in the page already. */
const dark = matchMedia('(prefers-color-scheme: dark)');
// Okabe and Ito's colours, which people with any colour vision tell apart.
const colours = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#f0e442', '#999999'];
const drawn = [];

function draw() {
  for (const chart of drawn.splice(0)) chart.destroy();
  Chart.defaults.color = dark.matches ? '#e6e8eb' : '#1b1f24';
  Chart.defaults.borderColor = dark.matches ? '#3a4047' : '#d8dde3';
  JSON.parse(document.getElementById('charts').textContent).forEach((given, number) => {
    const stacked = given.kind === 'stacked bars';
    const lines = given.kind === 'lines';
    const value = {
      stacked,
      title: { display: true, text: given.unit },
      type: given.logarithmic ? 'logarithmic' : 'linear',
    };
    const label = { stacked, title: { display: lines, text: given.across ?? '' } };
    drawn.push(
      new Chart(document.getElementById(`chart-${number}`), {
        type: lines ? 'line' : 'bar',
        data: {
          labels: given.labels,
          datasets: given.series.map(({ name, values }, index) => ({
            label: name,
            data: values,
            backgroundColor: colours[index % colours.length],
            borderColor: colours[index % colours.length],
          })),
        },
        options: {
          animation: false,
          maintainAspectRatio: false,
          indexAxis: stacked ? 'y' : 'x',
          scales: stacked ? { x: value, y: label } : { y: value, x: label },
        },
      }),
    );
  });
}

dark.addEventListener('change', draw);
draw();
