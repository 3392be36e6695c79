using System;
using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Kernels;

/// <summary>The kernels of one op, compiled when first asked for and found again without allocating.</summary>
/// <typeparam name="TKey">What tells the variants apart: a small value type.</typeparam>
/// <param name="context">The device.</param>
/// <param name="describe">From a key to its source and constants.</param>
internal sealed class KernelVariants<TKey>(CudaContext context, Func<TKey, KernelVariant> describe)
    where TKey : struct, IEquatable<TKey>
{
    private readonly Dictionary<TKey, GpuFunction> _functions = [];

    /// <summary>The kernel of a variant.</summary>
    public GpuFunction this[TKey key]
    {
        get
        {
            if (!_functions.TryGetValue(key, out GpuFunction function))
            {
                if (context.IsRehearsing)
                {
                    context.Note(describe(key));
                    return default;
                }

                function = context.Load(describe(key));
                _functions.Add(key, function);
            }

            return function;
        }
    }
}
