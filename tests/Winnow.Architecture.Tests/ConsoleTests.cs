using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using NUnit.Framework;

namespace Winnow.Architecture;

/// <summary>A library talks through its API and its logger; only the command line owns the console.</summary>
public sealed class ConsoleTests
{
    public static IEnumerable<string> Libraries() => Repository.SourceProjects().Where(project => project != "Winnow.Cli");

    [TestCaseSource(nameof(Libraries))]
    public void Library_NeverTouchesTheConsole(string project)
    {
        Assert.That(ReferencedTypes(project), Does.Not.Contain("System.Console"));
    }

    private static List<string> ReferencedTypes(string project)
    {
        using FileStream file = File.OpenRead(Repository.Load(project).Location);
        using PEReader image = new(file);
        MetadataReader metadata = image.GetMetadataReader();
        return [.. metadata.TypeReferences
            .Select(metadata.GetTypeReference)
            .Select(type => metadata.GetString(type.Namespace) + "." + metadata.GetString(type.Name))];
    }
}
