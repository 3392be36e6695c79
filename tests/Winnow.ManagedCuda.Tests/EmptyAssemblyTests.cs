using System;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace Winnow.ManagedCuda;

/// <summary>Without the package the assembly is there, so that the solution is the same everywhere, and holds nothing.</summary>
public sealed class EmptyAssemblyTests
{
    [Test]
    public void Assembly_WithoutThePackageHasNoTypes()
    {
        Type[] types = Assembly.Load(new AssemblyName("Winnow.ManagedCuda")).GetTypes();

        Assert.That(types.Where(type => !type.IsDefined(typeof(CompilerGeneratedAttribute))), Is.Empty);
    }
}
