package detect

import "strings"

var javaDrivers = []drivers{
	{postgres, []string{"org.postgresql", "quarkus-jdbc-postgresql", "r2dbc-postgresql"}},
	{redis, []string{"spring-boot-starter-data-redis", "jedis", "lettuce-core", "redisson"}},
	{bucket, []string{"aws-java-sdk-s3", "spring-cloud-aws-starter-s3", "<artifactId>s3</artifactId>", "awssdk:s3"}},
}

func javaDependency(f *folder, file string) dependency {
	return func(name string) (Evidence, bool) {
		line := f.seek(file, name)
		name = strings.TrimSuffix(strings.TrimPrefix(name, "<artifactId>"), "</artifactId>")
		return Evidence{name, file, line}, line > 0
	}
}

func java(f *folder) (Proposal, bool) {
	file, ok := f.first("pom.xml", "build.gradle", "build.gradle.kts")
	if !ok {
		return Proposal{}, false
	}
	dep := javaDependency(f, file)
	maven := file == "pom.xml"
	tool, jar := "gradle", "build/libs/*.jar"
	if maven {
		tool, jar = "mvn", "target/*.jar"
	}
	if wrapper := map[string]string{"mvn": "mvnw", "gradle": "gradlew"}[tool]; f.has(wrapper) {
		tool = "./" + wrapper
	}
	p := Proposal{Stack: "Java", Confidence: Maybe}
	switch e, _ := dep.any("spring-boot", "org.springframework.boot", "quarkus"); {
	case strings.Contains(e.Text, "spring"):
		p.Stack, p.Confidence, p.Evidence = "Spring Boot", Likely, []Evidence{e}
		command := tool + " bootRun --args=--server.port=$PORT"
		if maven {
			command = tool + " spring-boot:run -Dspring-boot.run.arguments=--server.port=$PORT"
		}
		p.process("web", command, e.String())
		p.Production = append(p.Production, Process{"web", "java -Dserver.port=$PORT $JAVA_OPTS -jar " + jar, "Heroku's default for Spring Boot"})
	case e.Text == "quarkus":
		p.Stack, p.Confidence, p.Evidence = "Quarkus", Likely, []Evidence{e}
		command := tool + " quarkusDev -Dquarkus.http.port=$PORT"
		if maven {
			command = tool + " quarkus:dev -Dquarkus.http.port=$PORT"
		}
		p.process("web", command, e.String())
	default:
		p.evidence("", file, 0)
		p.process("web", "java $JAVA_OPTS -jar "+jar, file)
		p.Notes = append(p.Notes, "build the app first: the command runs what "+tool+" made")
	}
	p.addAddOns(dep, javaDrivers)
	return p, true
}
