package boards

// defaultsOf gives the options of a type of panel, what of fieldConfig is its own, and whether its values are coloured by
// their thresholds.
func defaultsOf(typ string) (options, custom object, byThreshold bool) {
	reduce := object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}
	legend := object{"showLegend": true, "displayMode": "list", "placement": "bottom", "calcs": []string{}}
	tooltip := object{"mode": "multi", "sort": "desc"}
	switch typ {
	case "stat":
		return object{
			"reduceOptions": reduce, "colorMode": "value", "graphMode": "none", "textMode": "auto", "justifyMode": "auto", "orientation": "auto", "wideLayout": true,
			"showPercentChange": false, "percentChangeColorMode": "standard",
		}, object{}, true
	case "timeseries":
		return object{"legend": legend, "tooltip": tooltip}, object{
			"drawStyle": "line", "lineInterpolation": "linear", "lineWidth": 2, "fillOpacity": 10, "gradientMode": "none", "showPoints": "auto", "pointSize": 4, "spanNulls": false,
			"axisPlacement": "auto", "axisLabel": "", "axisCenteredZero": false, "axisBorderShow": false, "barAlignment": 0, "stacking": object{"mode": "none", "group": "A"},
			"scaleDistribution": object{"type": "linear"}, "thresholdsStyle": object{"mode": "off"}, "hideFrom": object{"legend": false, "tooltip": false, "viz": false},
		}, false
	case "table":
		return object{"showHeader": true, "cellHeight": "sm", "frameIndex": 0},
			object{"align": "auto", "cellOptions": object{"type": "auto"}, "inspect": false, "filterable": false}, true
	case "barchart":
		return object{
			"orientation": "horizontal", "showValue": "auto", "stacking": "none", "groupWidth": 0.7, "barWidth": 0.9, "barRadius": 0, "fullHighlight": false, "xTickLabelRotation": 0,
			"xTickLabelSpacing": 0, "xTickLabelMaxLength": 24, "legend": legend, "tooltip": tooltip,
		}, object{"fillOpacity": 80, "lineWidth": 0, "gradientMode": "none", "axisPlacement": "auto", "hideFrom": object{"legend": false, "tooltip": false, "viz": false}}, false
	case "bargauge":
		return object{
			"displayMode": "basic", "orientation": "horizontal", "showUnfilled": true, "valueMode": "color", "namePlacement": "auto", "sizing": "auto", "minVizHeight": 16, "minVizWidth": 8, "maxVizHeight": 300,
			"legend": object{"showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": []string{}}, "reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": true},
		}, object{}, true
	case "piechart":
		return object{
			"pieType": "donut", "displayLabels": []string{"percent"}, "reduceOptions": object{"calcs": []string{"lastNotNull"}, "fields": "", "values": true},
			"legend": object{"showLegend": true, "displayMode": "table", "placement": "right", "values": []string{"percent"}, "calcs": []string{}}, "tooltip": object{"mode": "single", "sort": "none"}, "sort": "desc", "orientation": "auto",
		}, object{"hideFrom": object{"legend": false, "tooltip": false, "viz": false}}, false
	case "heatmap":
		return object{
			"calculate": false, "cellGap": 1, "cellValues": object{"unit": "locale", "decimals": 0}, "color": object{"mode": "scheme", "scheme": "Blues", "exponent": 0.5, "fill": "dark-blue", "reverse": true, "scale": "exponential", "steps": 64},
			"exemplars": object{"color": "rgba(255,0,255,0.7)"}, "filterValues": object{"le": 1e-9}, "legend": object{"show": true}, "rowsFrame": object{"layout": "auto"}, "showValue": "never",
			"tooltip": object{"mode": "single", "showColorScale": true, "yHistogram": false}, "yAxis": object{"axisPlacement": "left", "reverse": false},
		}, object{"scaleDistribution": object{"type": "linear"}, "hideFrom": object{"legend": false, "tooltip": false, "viz": false}}, false
	case "xychart":
		return object{"mapping": "manual", "legend": object{"showLegend": false, "displayMode": "list", "placement": "bottom", "calcs": []string{}}, "tooltip": object{"mode": "single", "sort": "none"}},
			object{
				"show": "points", "pointSize": object{"fixed": 8, "min": 6, "max": 40}, "pointShape": "circle", "pointStrokeWidth": 1, "fillOpacity": 50, "axisPlacement": "auto",
				"hideFrom": object{"legend": false, "tooltip": false, "viz": false},
			}, false
	case "state-timeline":
		return object{"mergeValues": true, "showValue": "never", "alignValue": "left", "rowHeight": 0.8, "legend": legend, "tooltip": tooltip},
			object{"fillOpacity": 80, "lineWidth": 0, "hideFrom": object{"legend": false, "tooltip": false, "viz": false}}, true
	}
	return object{}, object{}, false
}
