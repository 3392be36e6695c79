using NUnit.Framework;

namespace Winnow.Gpu;

public sealed class ParameterLayoutTests
{
    [Test]
    public void PlacesIn_OfABlockWhoseMapsLieElsewhereAreThoseOfThePackedBlock()
    {
        // What a driver says on compute capability 9.0 of 208 bytes and two maps.
        ParameterLayout layout = ParameterLayout.Of([(0, 208), (240, 128), (368, 128)])!;

        Assert.That(layout.PlacesIn(512).ToArray(), Is.EqualTo(new[] { 0, 256, 384 }));
        Assert.That(layout.PlacesIn(496).IsEmpty, "a block that is laid out as the driver does");
    }

    [Test]
    public void PlacesIn_WhereBothAgreeAreNone() =>
        Assert.That(ParameterLayout.Of([(0, 208), (256, 128)])!.PlacesIn(384).IsEmpty);

    [Test]
    public void Of_ParametersWithoutMapsIsNothing()
    {
        Assert.That(ParameterLayout.Of([(0, 8), (8, 4), (16, 8)]), Is.Null);
        Assert.That(ParameterLayout.Of([]), Is.Null);
    }

    [Test]
    public void PlacesIn_LeavesOtherParametersWhereTheyWere()
    {
        ParameterLayout layout = ParameterLayout.Of([(0, 8), (8, 4), (16, 8), (48, 640), (688, 4)])!;

        Assert.That(layout.PlacesIn(708).ToArray(), Is.EqualTo(new[] { 0, 8, 16, 64, 704 }));
    }
}
