using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Xml;

namespace Winnow.Cli.Plots;

/// <summary>Lines over two axes that begin at 0, each labelled beside its end, as an SVG that reads on light and on dark pages.</summary>
internal sealed class SvgPlot
{
    private const string Namespace = "http://www.w3.org/2000/svg";
    private const double Width = 900;
    private const double Left = 62;
    private const double Right = 700;
    private const double Top = 74;
    private const double Labels = 728;
    private const double LabelGap = 16;
    private const double LeastHeight = 380;

    private PlotAxis _x = null!;
    private PlotAxis _y = null!;
    private XmlWriter _xml = null!;

    public required string Title { get; init; }

    /// <summary>What was measured, on one line.</summary>
    public required string Subtitle { get; init; }

    /// <summary>What the x axis shows, in percent.</summary>
    public required string XLabel { get; init; }

    /// <summary>What the y axis shows.</summary>
    public required string YLabel { get; init; }

    public required IReadOnlyList<PlotSeries> Series { get; init; }

    /// <summary>A height that all lines are compared with, and its label.</summary>
    public (string Name, double Y)? Reference { get; init; }

    /// <summary>Writes the plot; x of points is a share, 0 to 1.</summary>
    public void Write(TextWriter writer)
    {
        double bottom = Top + Math.Max(LeastHeight, LabelGap * (Series.Count + 1));
        double largestX = Series.SelectMany(series => series.Points).Select(point => point.X).DefaultIfEmpty(1).Max();
        double largestY = Series.SelectMany(series => series.Points).Select(point => point.Y).Append(Reference?.Y ?? 0).Append(1).Max();
        _x = new PlotAxis(largestX, Left, Right, 8);
        _y = new PlotAxis(largestY, bottom, Top, 8);
        using (_xml = XmlWriter.Create(writer, new XmlWriterSettings { Indent = true, OmitXmlDeclaration = true, NewLineChars = "\n", CloseOutput = false }))
        {
            Begin(bottom + 56);
            DrawAxes(bottom);
            DrawReference();
            PlotSeries[] drawn = [.. Series.Where(series => series.Points.Count > 0)];
            DrawLeaders(drawn, bottom);
            for (int i = 0; i < drawn.Length; i++)
            {
                DrawLine(drawn[i], i);
            }

            _xml.WriteEndElement();
        }

        writer.Write('\n');
    }

    private void Begin(double height)
    {
        _xml.WriteStartElement("svg", Namespace);
        Attributes(("class", "plot"), ("viewBox", $"0 0 {N(Width)} {N(height)}"), ("width", N(Width)), ("height", N(height)), ("role", "img"));
        _xml.WriteElementString("title", Namespace, $"{Title}. {Subtitle}");
        _xml.WriteElementString("style", Namespace, PlotStyle.Sheet());
        Element("rect", ("class", "page"), ("width", N(Width)), ("height", N(height)), ("rx", "8"), ("fill", PlotStyle.Surface));
        Text(Title, 20, 30, "title", ("font-size", "16"), ("font-weight", "600"));
        Text(Subtitle, 20, 50, "quiet");
    }

    private void DrawAxes(double bottom)
    {
        foreach (double tick in _y.Ticks)
        {
            Element("line", ("class", "grid"), ("x1", N(Left)), ("x2", N(Right)), ("y1", N(_y.At(tick))), ("y2", N(_y.At(tick))), ("stroke", PlotStyle.Grid));
            Text(N(tick), Left - 8, _y.At(tick) + 4, "quiet", ("text-anchor", "end"));
        }

        foreach (double tick in _x.Ticks)
        {
            Element("line", ("class", "grid"), ("x1", N(_x.At(tick))), ("x2", N(_x.At(tick))), ("y1", N(bottom)), ("y2", N(bottom + 5)), ("stroke", PlotStyle.Grid));
            Text($"{N(tick * 100)} %", _x.At(tick), bottom + 19, "quiet", ("text-anchor", "middle"));
        }

        Text(XLabel, (Left + Right) / 2, bottom + 40, "", ("text-anchor", "middle"));
        double middle = (Top + bottom) / 2;
        Text(YLabel, 20, middle, "", ("text-anchor", "middle"), ("transform", $"rotate(-90 20 {N(middle)})"));
    }

    private void DrawReference()
    {
        if (Reference is { } reference)
        {
            double y = _y.At(reference.Y);
            Element(
                "line", ("class", "line control"), ("x1", N(Left)), ("x2", N(Right)), ("y1", N(y)), ("y2", N(y)), ("stroke", PlotStyle.Muted),
                ("stroke-width", "1.5"), ("stroke-dasharray", "9 5"));
        }
    }

    // Thin lines from where lines end to their labels, which stand apart from each other where the lines do not.
    private void DrawLeaders(PlotSeries[] drawn, double bottom)
    {
        List<(string Name, double X, double Y)> ends = [.. drawn.Select(series => (series.Name, _x.At(Last(series).X), _y.At(Last(series).Y)))];
        if (Reference is { } reference)
        {
            ends.Add((reference.Name, Right, _y.At(reference.Y)));
        }

        double[] places = LabelColumn.Place([.. ends.Select(end => end.Y)], LabelGap, Top, bottom);
        for (int i = 0; i < ends.Count; i++)
        {
            (string name, double x, double y) = ends[i];
            bool isSeries = i < drawn.Length;
            string path = $"M{N(x)} {N(y)}L{N(Right)} {N(y)} {N(Labels - 10)} {N(places[i])}";
            Element("path", ("class", "grid"), ("d", path), ("fill", "none"), ("stroke", PlotStyle.Grid));
            if (isSeries)
            {
                Mark(i, drawn[i].IsControl, Labels, places[i]);
            }

            Text(name, isSeries ? Labels + 10 : Labels - 4, places[i] + 4, "");
        }
    }

    private void DrawLine(PlotSeries series, int index)
    {
        PlotPoint[] points = [.. series.Points.OrderBy(point => point.X)];
        _xml.WriteStartElement("g", Namespace);
        _xml.WriteElementString("title", Namespace, $"{series.Name}: {string.Join(", ", points.Select(point => $"{N(point.Y)} at {N(point.X * 100)} %"))}");
        Element(
            "polyline", ("class", $"line {PlotStyle.ClassOf(index, series.IsControl)}"),
            ("points", string.Join(' ', points.Select(point => $"{N(_x.At(point.X))},{N(_y.At(point.Y))}"))),
            ("fill", "none"), ("stroke", PlotStyle.ColourOf(index, series.IsControl)), ("stroke-width", "1.8"), ("stroke-linejoin", "round"),
            ("stroke-dasharray", PlotStyle.DashOf(index)));
        foreach (PlotPoint point in points)
        {
            Mark(index, series.IsControl, _x.At(point.X), _y.At(point.Y));
        }

        _xml.WriteEndElement();
    }

    private void Mark(int index, bool isControl, double x, double y) => Element(
        "path", ("class", $"mark {PlotStyle.ClassOf(index, isControl)}"), ("d", PlotStyle.MarkOf(index)), ("transform", $"translate({N(x)} {N(y)})"),
        ("fill", PlotStyle.ColourOf(index, isControl)), ("stroke", PlotStyle.Surface), ("stroke-width", "1"));

    private void Text(string text, double x, double y, string style, params (string Name, string Value)[] more)
    {
        _xml.WriteStartElement("text", Namespace);
        Attributes(
            ("x", N(x)), ("y", N(y)), ("class", style), ("fill", style == "quiet" ? PlotStyle.Muted : PlotStyle.Ink), ("font-family", "sans-serif"));
        Attributes(more.Any(attribute => attribute.Name == "font-size") ? more : [("font-size", "12"), .. more]);
        _xml.WriteString(text);
        _xml.WriteEndElement();
    }

    private void Element(string name, params (string Name, string Value)[] attributes)
    {
        _xml.WriteStartElement(name, Namespace);
        Attributes(attributes);
        _xml.WriteEndElement();
    }

    private void Attributes(params (string Name, string Value)[] attributes)
    {
        foreach ((string name, string value) in attributes.Where(attribute => attribute.Value.Length > 0))
        {
            _xml.WriteAttributeString(name, value);
        }
    }

    private static PlotPoint Last(PlotSeries series) => series.Points.MaxBy(point => point.X);

    private static string N(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
