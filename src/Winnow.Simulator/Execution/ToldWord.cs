using System.Collections.Generic;

namespace Winnow.Simulator.Execution;

/// <summary>A word by which blocks tell each other something: of each that did how many fences it had by then.</summary>
internal sealed class ToldWord
{
    private readonly Dictionary<uint, uint> _fences = [];

    /// <summary>A block tells something.</summary>
    public void Tell(uint block, uint fences)
    {
        lock (_fences)
        {
            _fences[block] = fences;
        }
    }

    /// <summary>Calls an action with every block that told something, and its fences.</summary>
    public void Each(System.Action<uint, uint> action)
    {
        lock (_fences)
        {
            foreach ((uint block, uint fences) in _fences)
            {
                action(block, fences);
            }
        }
    }
}
