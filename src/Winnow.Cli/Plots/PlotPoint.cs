namespace Winnow.Cli.Plots;

/// <summary>A point of a plot, in the units of its axes.</summary>
internal readonly record struct PlotPoint(double X, double Y);
