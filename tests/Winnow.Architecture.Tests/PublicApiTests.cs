using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace Winnow.Architecture;

/// <summary>The public API of every library is written down beside it, so that no change of it goes unseen.</summary>
public sealed class PublicApiTests
{
    public static IEnumerable<string> Libraries() => Repository.SourceProjects().Where(project => project != "Winnow.Cli");

    [TestCaseSource(nameof(Libraries))]
    public void PublicApi_IsAsWrittenDown(string project)
    {
        string path = Path.Combine(Repository.Root, "src", project, "PublicApi.txt");
        string[] actual = [.. PublicApi.Describe(Repository.Load(project))];
        if (Environment.GetEnvironmentVariable("WINNOW_WRITE_API") == "1")
        {
            File.WriteAllText(path, string.Concat(actual.Select(line => line + "\n")));
        }

        string[] written = File.Exists(path) ? File.ReadAllLines(path) : [];
        string[] added = [.. actual.Except(written, StringComparer.Ordinal)];
        string[] removed = [.. written.Except(actual, StringComparer.Ordinal)];

        Assert.That(added.Length + removed.Length, Is.Zero,
            $"src/{project}/PublicApi.txt is not the API as built; where the change is meant, run ./build.sh api and commit the file.\n"
            + $"added:\n  {string.Join("\n  ", added)}\nremoved:\n  {string.Join("\n  ", removed)}");
    }

    [Test]
    public void CommandLine_HasNoPublicTypes()
    {
        Assert.That(Repository.Load("Winnow.Cli").GetExportedTypes(), Is.Empty);
    }
}
