<?php
Schedule::command("x")->daily();
