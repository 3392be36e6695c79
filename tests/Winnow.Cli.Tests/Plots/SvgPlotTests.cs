using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using NUnit.Framework;

namespace Winnow.Cli.Plots;

public sealed class SvgPlotTests
{
    private static readonly XNamespace Space = "http://www.w3.org/2000/svg";

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(40)]
    public void Write_OfAnyNumberOfLinesIsWellFormedAndInsideItsBox(int count)
    {
        XElement svg = Draw(count, reference: true);
        double[] box = Numbers(svg.Attribute("viewBox")!.Value);

        foreach (XElement line in svg.Descendants(Space + "polyline"))
        {
            double[] points = Numbers(line.Attribute("points")!.Value);
            Assert.That(points.Where((_, i) => i % 2 == 0), Is.All.InRange(0, box[2]));
            Assert.That(points.Where((_, i) => i % 2 == 1), Is.All.InRange(0, box[3]));
        }

        Assert.That(svg.Descendants(Space + "polyline").Count(), Is.EqualTo(count));
        Assert.That(svg.Descendants().SelectMany(each => each.Attributes()).Select(each => each.Value), Has.None.Contains("NaN").And.None.Contains("Infinity"));
    }

    [TestCase(2)]
    [TestCase(40)]
    public void Write_GivesEachLineALabelThatOverlapsNoOther(int count)
    {
        XElement[] labels = [.. Draw(count, reference: true).Elements(Space + "text").Where(text => text.Value.StartsWith("line ", StringComparison.Ordinal) || text.Value == "all")];

        Assert.That(labels.Select(label => label.Value), Is.Unique);
        Assert.That(labels, Has.Length.EqualTo(count + 1));
        double[] heights = [.. labels.Select(label => Number(label, "y")).Order()];
        for (int i = 1; i < heights.Length; i++)
        {
            Assert.That(heights[i] - heights[i - 1], Is.GreaterThanOrEqualTo(15), "letters of 12 pixels");
        }
    }

    [Test]
    public void Write_TellsLinesApartByHueOrMark()
    {
        string[] looks =
        [
            .. Draw(35, reference: false).Elements(Space + "g").Select(line => line.Element(Space + "path")!)
                .Select(mark => mark.Attribute("class")!.Value + mark.Attribute("d")!.Value),
        ];

        Assert.That(looks, Is.Unique);
    }

    [Test]
    public void Write_HasColoursForLightAndForDark()
    {
        string sheet = Draw(3, reference: true).Element(Space + "style")!.Value;

        Assert.That(sheet, Does.Contain("prefers-color-scheme: dark"));
        foreach (string name in new[] { "--surface", "--ink", "--muted", "--grid", "--hue0", "--hue4" })
        {
            Assert.That(sheet.Split(name + ":"), Has.Length.EqualTo(3), $"{name} in both");
            Assert.That(sheet, Does.Contain($"var({name})"));
        }
    }

    [Test]
    public void Write_EscapesNames()
    {
        SvgPlot plot = new() { Title = "a < b & c", Subtitle = "", XLabel = "", YLabel = "", Series = [new PlotSeries("<x>", [new PlotPoint(0.5, 1)], true)] };

        using StringWriter writer = new();
        plot.Write(writer);

        Assert.That(XDocument.Parse(writer.ToString()).Root!.Elements(Space + "text").Select(text => text.Value), Has.Member("a < b & c").And.Member("<x>"));
    }

    private static XElement Draw(int count, bool reference)
    {
        Random random = new(5);
        SvgPlot plot = new()
        {
            Title = "Title",
            Subtitle = "Subtitle",
            XLabel = "x",
            YLabel = "y",
            Reference = reference ? ("all", 41) : null,
            Series =
            [
                .. Enumerable.Range(0, count).Select(i => new PlotSeries(
                    $"line {i}", [.. new[] { 0.5, 0.1, 0.25 }.Select(x => new PlotPoint(x, Math.Round(20 * x + random.NextDouble())))], IsControl: false)),
            ],
        };
        using StringWriter writer = new();
        plot.Write(writer);
        return XDocument.Parse(writer.ToString()).Root!;
    }

    private static double[] Numbers(string text) =>
        [.. text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(part => double.Parse(part, CultureInfo.InvariantCulture))];

    private static double Number(XElement element, string name) => Numbers(element.Attribute(name)!.Value)[0];
}
