using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.CompilerServices;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Profiling;

/// <summary>The critical path of a block, or those of several added up: its clocks, and where ways are traced what they consist of.</summary>
internal sealed class PathSum
{
    private readonly Dictionary<Place, (long Clocks, long Times)> _places = [];
    private uint _mark;
    private bool _isTraced;

    /// <summary>Clocks.</summary>
    public long Clocks { get; private set; }

    /// <summary>Trips to device memory.</summary>
    public long Trips { get; private set; }

    /// <summary>The path to a time.</summary>
    /// <param name="time">The time.</param>
    /// <param name="trace">What tells its way; null where ways are not traced.</param>
    public static PathSum Of(PathTime time, PathTrace? trace)
    {
        PathSum sum = new() { Clocks = time.Clocks, Trips = time.Trips, _mark = time.Mark, _isTraced = trace is not null };
        foreach (PathTrace.Step step in trace?.StepsTo(time) ?? [])
        {
            sum.Add(new Place(step.Source, step.Part), (step.Clocks, 1));
        }

        return sum;
    }

    /// <summary>The longer of two; of two as long the same one, whichever comes first.</summary>
    public static PathSum Longer(PathSum one, PathSum other)
        => (one.Clocks, one.Trips, one._mark).CompareTo((other.Clocks, other.Trips, other._mark)) >= 0 ? one : other;

    /// <summary>Two added up.</summary>
    public static PathSum operator +(PathSum one, PathSum other)
    {
        PathSum sum = new() { Clocks = one.Clocks + other.Clocks, Trips = one.Trips + other.Trips, _isTraced = one._isTraced || other._isTraced };
        foreach ((Place place, (long Clocks, long Times) wait) in one._places.Concat(other._places))
        {
            sum.Add(place, wait);
        }

        return sum;
    }

    /// <summary>Clocks by what takes them, which together are all; nothing where ways are not traced.</summary>
    /// <param name="among">What they are divided by.</param>
    public IReadOnlyDictionary<PathPart, double> Parts(double among)
    {
        if (!_isTraced)
        {
            return new Dictionary<PathPart, double>();
        }

        var clocks = new long[(int)PathPart.Arithmetic + 1];
        clocks[(int)PathPart.Arithmetic] = Clocks;
        foreach ((Place place, (long Clocks, long Times) wait) in _places)
        {
            clocks[(int)place.Part] += wait.Clocks;
            clocks[(int)PathPart.Arithmetic] -= wait.Clocks;
        }

        return Enumerable.Range(0, clocks.Length).Where(part => clocks[part] > 0).ToDictionary(part => (PathPart)part, part => clocks[part] / among);
    }

    /// <summary>The instructions that take them, arithmetic aside, those that take most first.</summary>
    /// <param name="among">What clocks and times are divided by.</param>
    public IReadOnlyList<PathStep> Steps(double among) =>
    [
        .. from place in _places
           orderby place.Value.Clocks descending, place.Key.Source.PtxLine, place.Key.Part
           let source = place.Key.Source
           select new PathStep(source.Text, source.File, source.Line, source.Place, source.PtxLine, place.Key.Part, place.Value.Clocks / among, place.Value.Times / among),
    ];

    private void Add(Place place, (long Clocks, long Times) wait)
    {
        (long clocks, long times) = _places.GetValueOrDefault(place);
        _places[place] = (clocks + wait.Clocks, times + wait.Times);
    }

    /// <summary>An instruction, which is itself and not what it says, and what it waits for.</summary>
    private readonly record struct Place(PtxInstruction Source, PathPart Part)
    {
        public bool Equals(Place other) => ReferenceEquals(Source, other.Source) && Part == other.Part;

        public override int GetHashCode() => HashCode.Combine(RuntimeHelpers.GetHashCode(Source), Part);
    }
}
