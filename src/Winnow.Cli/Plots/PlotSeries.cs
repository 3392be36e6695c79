using System.Collections.Generic;

namespace Winnow.Cli.Plots;

/// <summary>One line of a plot.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Points">Its points; they are joined in ascending order of x.</param>
/// <param name="IsControl">Whether it is what others are compared with; drawn without a colour of its own.</param>
internal sealed record PlotSeries(string Name, IReadOnlyList<PlotPoint> Points, bool IsControl);
