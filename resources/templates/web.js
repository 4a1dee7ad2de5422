// The page's behaviour. DATA comes from the element #data; MAP is folium's Leaflet map.
// Text of the plan is only ever put in as text (textContent), never as markup.
(function (map) {
  "use strict";
  var data = JSON.parse(document.getElementById("data").textContent);
  var side = document.getElementById("side");
  var entries = [];
  var names = [];
  var stands = [];

  function make(tag, text, cls) {
    var e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    if (cls) e.className = cls;
    return e;
  }

  // A row is [label, value, code]; a value with a code is a number with a source.
  function table(rows) {
    var t = make("table");
    rows.forEach(function (row) {
      var tr = t.insertRow();
      tr.insertCell().textContent = row[0];
      var cell = tr.insertCell();
      if (row[2]) {
        var d = make("data", row[1]);
        d.dataset.id = row[2];
        d.title = "溯源编号 " + row[2];
        cell.appendChild(d);
      } else cell.textContent = row[1];
    });
    return t;
  }

  function card(title, rows) {
    var box = make("div");
    box.appendChild(make("h3", title));
    box.appendChild(table(rows));
    return box;
  }

  // Several facilities may stand on one spot: the one tapped first, then the others there.
  function cardsAt(marker) {
    var box = make("div");
    var here = map.latLngToContainerPoint(marker.getLatLng());
    var near = stands.filter(function (s) {
      return map.hasLayer(s.marker) && map.latLngToContainerPoint(s.marker.getLatLng()).distanceTo(here) < 8;
    });
    near.sort(function (a, b) { return (b.marker === marker) - (a.marker === marker); });
    if (near.length > 1) box.appendChild(make("p", "此处有 " + near.length + " 个设施", "note"));
    near.forEach(function (s) { box.appendChild(card(s.title, s.rows)); });
    return box;
  }

  var popup = { minWidth: 220, maxWidth: 320 };

  function addAreas(layer) {
    return L.geoJSON(layer.shapes, {
      style: layer.style,
      interactive: !!layer.cards,
      onEachFeature: function (feature, shape) {
        if (!layer.cards) return;
        var about = layer.cards[feature.id];
        shape.bindPopup(function () { return card(about[0], about[1]); }, popup);
        if (layer.find) entries.push({ name: about[0], kind: layer.name, layer: shape, area: true });
      }
    });
  }

  function addImage(layer) {
    return L.imageOverlay(layer.url, layer.bounds, { opacity: layer.opacity, interactive: false });
  }

  function addPlaces(layer) {
    return L.layerGroup(layer.places.map(function (p) {
      var text = make("span", p[2]);
      var marker = L.marker([p[0], p[1]], {
        interactive: false, keyboard: false, zIndexOffset: 1000,
        icon: L.divIcon({ html: text, className: layer.far ? "place far" : "place", iconSize: null })
      });
      names.push({ marker: marker, label: text, rank: layer.far ? 90 : -1, middle: true });
      return marker;
    }));
  }

  function addMarks(layer) {
    return L.layerGroup(layer.marks.map(function (m) {
      var holder = make("div");
      holder.innerHTML = data.symbols[m[2]];
      var name = make("span", m[3], "name");
      holder.appendChild(name);
      var marker = L.marker([m[0], m[1]], {
        title: m[3], alt: m[3], riseOnHover: true,
        icon: L.divIcon({ html: holder, className: "mark", iconSize: [m[4], m[4]] })
      });
      stands.push({ marker: marker, title: m[3], rows: m[5] });
      marker.bindPopup(function () { return cardsAt(marker); }, popup);
      names.push({ marker: marker, label: name, rank: layer.rank });
      entries.push({ name: m[3], kind: layer.name, layer: marker });
      return marker;
    }));
  }

  var makers = { areas: addAreas, image: addImage, places: addPlaces, marks: addMarks };

  data.panes.forEach(function (pane, i) {
    map.createPane(pane).style.zIndex = 300 + 20 * i;
  });
  var group = null;
  data.layers.forEach(function (layer) {
    layer.style = layer.style || {};
    layer.style.pane = layer.pane;
    var shown = makers[layer.type](layer);
    if (layer.pane && layer.type !== "marks" && shown.options) shown.options.pane = layer.pane;
    if (layer.on) shown.addTo(map);
    if (!layer.title) return;
    if (layer.group !== group) side.querySelector("#layers").appendChild(make("h2", group = layer.group));
    var row = make("label");
    var box = make("input");
    box.type = "checkbox";
    box.checked = layer.on;
    var keys = make("div");
    keys.hidden = !layer.on;
    box.onchange = function () {
      if (box.checked) shown.addTo(map); else shown.remove();
      keys.hidden = !box.checked;
      tidy();
    };
    layer.toggle = function () { if (!box.checked) { box.checked = true; box.onchange(); } };
    row.appendChild(box);
    var swatch = make("span", undefined, "swatch");
    if (layer.symbol !== undefined) swatch.innerHTML = data.symbols[layer.symbol];
    else { swatch.style.background = layer.color; swatch.style.border = "1px solid " + layer.edge; }
    row.appendChild(swatch);
    row.appendChild(make("span", layer.title));
    if (layer.count) row.appendChild(make("span", layer.count, "n"));
    side.querySelector("#layers").appendChild(row);
    (layer.keys || []).forEach(function (key) {
      var line = make("div", undefined, "key");
      line.style.paddingLeft = "21px";
      var color = make("span", undefined, "swatch");
      if (key.symbol !== undefined) color.innerHTML = data.symbols[key.symbol];
      else color.style.background = key.color;
      line.appendChild(color);
      line.appendChild(make("span", key.text));
      keys.appendChild(line);
    });
    side.querySelector("#layers").appendChild(keys);
  });

  function apart(a, b) { return a[2] < b[0] || a[0] > b[2] || a[3] < b[1] || a[1] > b[3]; }

  // Names give way to each other in the order of importance; none overlap. A district's name
  // moves up or down a little where it would lie on symbols.
  function tidy() {
    var taken = [];
    var symbols = stands.filter(function (s) { return map.hasLayer(s.marker); }).map(function (s) {
      var p = map.latLngToContainerPoint(s.marker.getLatLng());
      return [p.x - 9, p.y - 9, p.x + 9, p.y + 9];
    });
    var zoomed = map.getZoom() >= data.names_from;
    names.sort(function (a, b) { return a.rank - b.rank; });
    names.forEach(function (one) {
      one.label.classList.remove("shown");
      if (!(zoomed || one.middle) || !map.hasLayer(one.marker)) return;
      var at = map.latLngToContainerPoint(one.marker.getLatLng());
      var size = map.getSize();
      if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) return;
      var wide = one.label.textContent.length * 12 + 6;
      var left = one.middle ? at.x - wide / 2 : at.x + 8;
      var best = null;
      (one.middle ? [0, -16, 16, -28, 28] : [0]).forEach(function (down) {
        var box = [left, at.y + down - 8, left + wide, at.y + down + 8];
        if (!taken.every(function (t) { return apart(box, t); })) return;
        var on = one.middle ? symbols.filter(function (s) { return !apart(box, s); }).length : 0;
        if (best === null || on < best.on) best = { on: on, down: down, box: box };
      });
      if (best === null) return;
      taken.push(best.box);
      if (one.middle) one.label.style.top = best.down + "px";
      one.label.classList.add("shown");
    });
  }
  map.on("moveend zoomend", tidy);

  function home() { map.fitBounds(data.bounds, { padding: [8, 8] }); }

  // Search: names that contain what is typed.
  var input = document.querySelector("#find input");
  var list = document.getElementById("found");
  var chosen = -1;
  function search() {
    list.textContent = "";
    chosen = -1;
    var wanted = input.value.trim().toLowerCase();
    if (!wanted) return;
    var hits = entries.filter(function (e) { return e.name.toLowerCase().indexOf(wanted) >= 0; });
    hits.slice(0, 30).forEach(function (e) {
      var li = make("li", e.name);
      li.appendChild(make("small", e.kind));
      li.onclick = function () { go(e); };
      list.appendChild(li);
    });
    if (!hits.length) list.appendChild(make("li", "没有找到“" + input.value.trim() + "”"));
  }
  function go(e) {
    list.textContent = "";
    input.blur();
    side.classList.remove("open");
    data.layers.forEach(function (l) { if (l.name === e.kind && l.toggle) l.toggle(); });
    if (e.area) map.fitBounds(e.layer.getBounds());
    else map.setView(e.layer.getLatLng(), Math.max(map.getZoom(), data.names_from + 2));
    e.layer.openPopup();
  }
  input.oninput = search;
  input.onkeydown = function (event) {
    var items = list.querySelectorAll("li");
    if (event.key === "Escape") { input.value = ""; search(); return; }
    if (!items.length) return;
    if (event.key === "ArrowDown") chosen = Math.min(chosen + 1, items.length - 1);
    if (event.key === "ArrowUp") chosen = Math.max(chosen - 1, 0);
    items.forEach(function (li, i) { li.classList.toggle("at", i === chosen); });
    if (event.key === "Enter" && items[Math.max(chosen, 0)].onclick) items[Math.max(chosen, 0)].onclick();
  };

  // Measuring: each tap adds a point; the length of the whole line stands at its end.
  var measure = document.getElementById("measure");
  var ruler = L.layerGroup();
  var points = [];
  function drawRuler() {
    ruler.clearLayers();
    if (!points.length) return;
    L.polyline(points, { color: "#d6006c", weight: 3, interactive: false }).addTo(ruler);
    points.forEach(function (p) {
      L.circleMarker(p, { radius: 4, color: "#d6006c", fillColor: "#fff", fillOpacity: 1, interactive: false }).addTo(ruler);
    });
    var metres = 0;
    for (var i = 1; i < points.length; i++) metres += map.distance(points[i - 1], points[i]);
    var text = metres < 1000 ? Math.round(metres) + " m" : (metres / 1000).toFixed(2) + " km";
    if (points.length > 1) L.marker(points[points.length - 1], {
      interactive: false,
      icon: L.divIcon({ html: make("span", "直线 " + text), className: "length", iconSize: null })
    }).addTo(ruler);
  }
  measure.onclick = function () {
    var on = measure.getAttribute("aria-pressed") !== "true";
    measure.setAttribute("aria-pressed", on);
    measure.textContent = on ? "结束量距" : "量距";
    points = [];
    drawRuler();
    if (on) { ruler.addTo(map); map.closePopup(); map.doubleClickZoom.disable(); }
    else { ruler.remove(); map.doubleClickZoom.enable(); }
    map.getContainer().style.cursor = on ? "crosshair" : "";
  };
  map.on("click", function (event) {
    list.textContent = "";
    side.classList.remove("open");
    if (measure.getAttribute("aria-pressed") !== "true") return;
    points.push(event.latlng);
    drawRuler();
  });
  map.on("popupopen", function () {
    if (measure.getAttribute("aria-pressed") === "true") map.closePopup();
  });
  document.getElementById("more").onclick = function () { side.classList.toggle("open"); };
  document.getElementById("home").onclick = home;

  L.control.scale({ imperial: false }).addTo(map);
  map.zoomControl.setPosition("topright");
  map.zoomControl._zoomInButton.title = "放大";
  map.zoomControl._zoomOutButton.title = "缩小";
  map.invalidateSize();
  home();
  tidy();
})(MAP);
