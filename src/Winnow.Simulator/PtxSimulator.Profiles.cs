using System;
using System.Collections.Generic;
using System.Threading;
using Winnow.Gpu;
using Winnow.Simulator.Execution;
using Winnow.Simulator.Profiling;

namespace Winnow.Simulator;

/// <content>Profiles.</content>
public sealed partial class PtxSimulator
{
    private readonly Lock _profileLock = new();
    private readonly OrderedDictionary<string, ProfileCounters> _profiles = new(StringComparer.Ordinal);

    /// <summary>
    /// Hands over what kernels did since the last call, one profile a kernel, in the order of their first launches. Launches that ended with an
    /// exception are not counted. Any thread may call it.
    /// </summary>
    /// <returns>The profiles; none without <see cref="PtxSimulatorOptions.Profiles"/>.</returns>
    public IReadOnlyList<KernelProfile> TakeProfiles()
    {
        lock (_profileLock)
        {
            var profiles = new List<KernelProfile>();
            foreach ((string kernel, ProfileCounters counters) in _profiles)
            {
                profiles.Add(counters.ToProfile(kernel));
            }

            _profiles.Clear();
            return profiles;
        }
    }

    private ProfileCounters? StartProfile() => _options.Profiles ? new ProfileCounters() : null;

    private void EndProfile(KernelProgram program, ProfileCounters? counters, in LaunchShape shape)
    {
        if (counters is null)
        {
            return;
        }

        counters.Launches = 1;
        counters.Blocks = (long)shape.GridX * shape.GridY * shape.GridZ;
        counters.BlockThreads = shape.BlockX * shape.BlockY * shape.BlockZ;
        counters.BlockSharedBytes = program.Shared.DynamicOffset + shape.SharedBytes;
        lock (_profileLock)
        {
            if (!_profiles.TryAdd(program.Name, counters))
            {
                _profiles[program.Name].AddLaunch(counters);
            }
        }
    }
}
